/**
 * An application's side: every call finds the herald of its key's order, wherever its shard moves meanwhile, is sent
 * until it is answered, takes effect once, and is settled once. Where the outcome is not known, the error says so.
 */
import type { Environment } from '../radiant/environment.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';
import { errorOf, OutcomeUnknownError, ShardbearerError } from '../wire/errors.ts';
import type { Answer, Question, Reply } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import { Attempts } from './attempts.ts';
import { checkCall } from './call-check.ts';
import type {
  Call,
  CallNumber,
  CallOutcome,
  ClientEffect,
  ClientEvent,
  ClientMachine,
  ClientOptions,
} from './contract.ts';
import { KeyOrder } from './key-order.ts';
import type { PendingCall, PendingKeyCall } from './pending-call.ts';
import { mayHaveEffect, pendingCall } from './pending-call.ts';
import { commandQuestion, governanceQuestion, readQuestion } from './question.ts';
import type { Purpose } from './requests.ts';
import { Requests } from './requests.ts';
import type { Route } from './route.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { Surroundings } from './surroundings.ts';
import { adviceOnUnknown, NOT_GOVERNED, type Reason, UNKNOWN_SESSION } from './reason.ts';
import { verdictOn, verdictOnLate } from './verdict.ts';

export class Client implements ClientMachine {
  readonly #environment: Environment;
  /** Asks what needs no session. */
  readonly #reader: ClientId;
  readonly #surroundings = new Surroundings();
  readonly #calls = new Map<CallNumber, PendingCall>();
  readonly #order = new KeyOrder();
  readonly #sessions = new Sessions(() => this.#randomId());
  readonly #requests: Requests;
  #effects: ClientEffect[] = [];
  #lastCall = 0;
  #isClosed = false;

  constructor({ environment }: ClientOptions) {
    this.#environment = environment;
    this.#requests = new Requests(this.#randomId());
    this.#reader = this.#randomId();
  }

  call(call: Call): CallNumber {
    checkCall(call);
    if (this.#calls.size >= LIMITS.clientRequests) {
      throw new ShardbearerError('OVERLOADED', `${LIMITS.clientRequests} calls are waiting; wait for some of them`);
    }
    this.#lastCall += 1;
    const number = this.#lastCall;
    assertCallNumber(number);
    const pending = pendingCall(number, call, this.#nowMs + INTERVALS.requestDeadlineMs);
    this.#calls.set(number, pending);
    if (pending.kind === 'key') this.#order.add(pending);
    this.#pursue(pending);
    return number;
  }

  abort(call: CallNumber): void {
    const pending = this.#calls.get(call);
    if (pending === undefined) return;
    this.#stop(pending, 'ABORTED', 'The caller aborted the call.');
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls.values()) this.#stop(call, 'CLOSED', 'The store was closed.');
  }

  handle(event: ClientEvent): void {
    switch (event.kind) {
      case 'tick':
        this.#pursueAll();
        return;
      case 'view': {
        const configuration = this.#surroundings.look(event.view, this.#nowMs);
        if (configuration !== undefined) this.#forgetOrders(configuration);
        this.#pursueAll();
        return;
      }
      case 'reply':
        this.#take(event.reply);
        return;
      case 'radiant-restarted':
        this.#loseContact();
        return;
    }
  }

  takeEffects(): readonly ClientEffect[] {
    // Asked until nothing is left: nothing is made for the last answer.
    if (this.#effects.length === 0) return NOTHING;
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }

  get #nowMs(): number {
    return this.#environment.nowMs();
  }

  #pursueAll(): void {
    for (const call of this.#calls.values()) this.#pursue(call);
  }

  /** Does for one call what can be done now. */
  #pursue(call: PendingCall): void {
    if (this.#isClosed || !this.#calls.has(call.number)) return;
    if (this.#nowMs >= call.deadlineMs) {
      this.#giveUpLate(call);
      return;
    }
    const notFormed = this.#surroundings.notFormed(this.#nowMs);
    if (notFormed !== undefined) {
      this.#giveUp(call, notFormed);
      return;
    }
    if (call.kind === 'governance' && this.#surroundings.isStatic) {
      this.#giveUp(call, NOT_GOVERNED);
      return;
    }
    const route = this.#surroundings.route(call);
    if (route === undefined) return;
    const missing = this.#surroundings.missingQuorum(route.order, this.#nowMs);
    if (missing !== undefined) this.#giveUp(call, missing);
    else this.#send(call, route);
  }

  #send(call: PendingCall, route: Route): void {
    if (!call.attempts.isDue(this.#nowMs, route)) return;
    const purpose = { kind: 'call', call, client: this.#reader } as const;
    if (call.kind === 'governance') {
      this.#request(purpose, call.attempts, route, governanceQuestion(call.call));
    } else if (this.#order.mayStart(call)) {
      if (call.call.kind === 'write') this.#sendWrite(call, route);
      else this.#request(purpose, call.attempts, route, readQuestion(call, route));
    }
  }

  /** A command that has a place keeps it, also at another order: the session has moved with the shard. */
  #sendWrite(call: PendingKeyCall, route: Route): void {
    if (call.place === undefined) {
      const session = this.#sessions.with(route.order, call.slot);
      if (!session.isOpen) {
        this.#open(session, route);
        return;
      }
      call.place = { session, sequence: session.nextSequence() };
      this.#sessions.used(session, call.slot);
    }
    const purpose = { kind: 'call', call, client: call.place.session.client } as const;
    this.#request(purpose, call.attempts, route, commandQuestion(call, call.place, route));
  }

  #open(session: Session, route: Route): void {
    if (!session.opening.isDue(this.#nowMs, route)) return;
    const purpose = { kind: 'session', session, client: session.client } as const;
    this.#request(purpose, session.opening, route, { kind: 'open-session' });
  }

  #request(purpose: Purpose, attempts: Attempts, route: Route, question: Question): void {
    const request = this.#requests.next(purpose, attempts, route, question, this.#nowMs);
    this.#effects.push({ kind: 'request', order: route.order, request });
  }

  #take(reply: Reply): void {
    const sending = this.#requests.answered(reply);
    if (sending === undefined) return;
    const { id, answer } = reply;
    if (sending.kind === 'session') this.#takeForSession(sending.session, id.number, answer);
    else this.#takeForCall(sending.call, sending.order, id.number, answer);
  }

  #takeForSession(session: Session, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'session-opened') {
      session.opened();
      this.#requests.forget(session.opening);
      this.#pursueAll();
    } else if (answer.kind === 'refusal') {
      session.opening.refused(number, answer, this.#nowMs);
    }
  }

  #takeForCall(call: PendingCall, order: OrderId, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'refusal') call.attempts.refused(number, answer, this.#nowMs);
    const verdict = verdictOn(call.call, answer);
    switch (verdict.kind) {
      case 'settled':
        this.#settle(call, verdict.outcome);
        return;
      case 'failed':
        this.#fail(call, verdict.code, verdict.message);
        return;
      case 'given-up':
        this.#giveUp(call, verdict.reason);
        return;
      case 'unknown-session':
        if (call.kind === 'key') this.#replaceSession(call, order);
        return;
      case 'refused':
        // The way may have changed while this answer was under way.
        this.#pursue(call);
        return;
      case 'nonsense':
        return;
    }
  }

  /**
   * A command of a session that the order does not know starts over in another one, if it surely had no effect.
   */
  #replaceSession(call: PendingKeyCall, order: OrderId): void {
    const { place } = call;
    if (place !== undefined) this.#sessions.unknown(place.session, call.slot, order);
    if (mayHaveEffect(call)) {
      this.#giveUp(call, UNKNOWN_SESSION);
      return;
    }
    place?.session.finished(place.sequence);
    call.place = undefined;
    call.attempts = new Attempts();
    this.#pursue(call);
  }

  #forgetOrders({ orders }: Configuration): void {
    const gone = this.#sessions.keepOnly(new Set(orders.map(({ id }) => id)));
    for (const { opening } of gone) this.#requests.forget(opening);
  }

  /** Answers that were on their way are lost with the radiant: whatever was sent may have had an effect. */
  #loseContact(): void {
    this.#requests.forgetAll();
    for (const { attempts } of this.#calls.values()) attempts.lose();
    for (const { opening } of this.#sessions.all()) opening.lose();
    this.#pursueAll();
  }

  #giveUpLate(call: PendingCall): void {
    const order = this.#surroundings.route(call)?.order;
    const isUnsent = call.kind === 'key' && call.call.kind === 'write' && call.place === undefined;
    const session = isUnsent && order !== undefined ? this.#sessions.opening(order) : undefined;
    this.#giveUp(call, verdictOnLate(call.call, session?.opening ?? call.attempts));
  }

  /** No further sending can succeed. The error tells whether an earlier one may have taken effect. */
  #giveUp(call: PendingCall, { code, why, advice }: Reason): void {
    if (mayHaveEffect(call)) {
      this.#settle(call, { kind: 'failed', error: new OutcomeUnknownError(`${why} ${adviceOnUnknown(call.call)}`) });
    } else this.#fail(call, code, advice === '' ? why : `${why} ${advice}`);
  }

  /** The call ends before its answer: by its caller or with its store. */
  #stop(call: PendingCall, code: 'ABORTED' | 'CLOSED', why: string): void {
    if (!mayHaveEffect(call)) this.#fail(call, code, `${why} Nothing was changed.`);
    else {
      const message = `${why} ${adviceOnUnknown(call.call)}`;
      this.#settle(call, { kind: 'failed', error: new ShardbearerError(code, message, { effect: 'unknown' }) });
    }
  }

  #fail(call: PendingCall, code: ErrorCode, message: string): void {
    this.#settle(call, { kind: 'failed', error: errorOf(code, message, { effect: 'none' }) });
  }

  #settle(call: PendingCall, outcome: CallOutcome): void {
    this.#calls.delete(call.number);
    this.#requests.forget(call.attempts);
    this.#effects.push({ kind: 'settle', call: call.number, outcome });
    if (call.kind === 'governance') return;
    call.place?.session.finished(call.place.sequence);
    for (const next of this.#order.remove(call)) this.#pursue(next);
  }

  #randomId<Id extends BootId | ClientId>(): Id {
    return idFromBytes<Id>(this.#environment.randomBytes(ID_BYTES));
  }
}

const NOTHING: readonly ClientEffect[] = [];

function assertCallNumber(value: number): asserts value is CallNumber {
  assert(Number.isSafeInteger(value) && value >= 1, 'calls are counted from 1');
}
