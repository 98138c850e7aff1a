/**
 * An application's side: every call finds the herald of its key's order, wherever its shard moves meanwhile, is sent
 * until it is answered, takes effect once, and is settled once. Where the outcome is not known, the error says so.
 */
import type { Environment } from '../radiant/environment.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { errorOf, type ShardbearerError } from '../wire/errors.ts';
import type { Answer, Question, Reply } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
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
import { givenUpError, stoppedError } from './failures.ts';
import { answerPatienceMs } from './send-window.ts';
import type { PendingCall, PendingKeyCall } from './pending-call.ts';
import { deadlineOf, mayHaveEffect } from './pending-call.ts';
import { PendingCalls } from './pending-calls.ts';
import { commandQuestion, governanceQuestion, readQuestion } from './question.ts';
import type { Purpose } from './requests.ts';
import { Requests } from './requests.ts';
import type { Route } from './route.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { ClusterView } from './cluster-view.ts';
import { type Reason, reasonOf, TOOK_TOO_LONG, UNKNOWN_SESSION } from './reason.ts';
import { verdictOn, verdictOnLate } from './verdict.ts';

export class Client implements ClientMachine {
  readonly #environment: Environment;
  /** Asks what needs no session. */
  readonly #reader: ClientId;
  readonly #clusterView = new ClusterView();
  readonly #calls = new PendingCalls((call) => this.#clusterView.order(call));
  #isAdvancing = false;
  #isClosed = false;
  readonly #sessions = new Sessions(() => this.#randomId());
  readonly #requests: Requests;
  #effects: ClientEffect[] = [];

  constructor({ environment }: ClientOptions) {
    this.#environment = environment;
    this.#requests = new Requests(this.#randomId());
    this.#reader = this.#randomId();
  }

  call(call: Call): CallNumber {
    checkCall(call);
    const pending = this.#calls.add(call, this.#nowMs);
    if (pending.kind === 'governance') this.#reconcile(pending);
    else if (this.#isPossible(pending)) this.#advance();
    return pending.number;
  }

  abort(call: CallNumber): void {
    const pending = this.#calls.get(call);
    if (pending !== undefined) this.#fail(pending, stoppedError(pending, 'ABORTED', 'The caller aborted the call.'));
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls.all) this.#fail(call, stoppedError(call, 'CLOSED', 'The store was closed.'));
  }

  handle(event: ClientEvent): void {
    switch (event.kind) {
      case 'tick':
        this.#reconcileAll();
        return;
      case 'view': {
        const configuration = this.#clusterView.look(event.view, this.#nowMs);
        if (configuration !== undefined) this.#follow(configuration);
        this.#reconcileAll();
        return;
      }
      case 'reply':
        this.#take(event.reply);
        return;
      case 'radiant-down':
        this.#clusterView.lose(event.error, this.#nowMs);
        this.#reconcileAll();
        return;
      case 'radiant-restarted':
        this.#clusterView.regain();
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

  #reconcileAll(): void {
    // First: the room of calls that end now is of no use to others whose time is over, too.
    this.#giveUpWaiting();
    for (const call of this.#calls.active) this.#reconcile(call);
    this.#advance();
  }

  /** Sends what has room by now. */
  #advance(): void {
    // A call that fails lets others go: the outermost loop takes them up.
    if (this.#isAdvancing || this.#isClosed) return;
    this.#isAdvancing = true;
    for (let call = this.#calls.next(); call !== undefined; call = this.#calls.next()) this.#reconcile(call);
    this.#isAdvancing = false;
  }

  /** The waiting calls have one deadline after the other, so mostly the first one is all that is looked at. */
  #giveUpWaiting(): void {
    const isAnyImpossible = this.#clusterView.mayObstruct(this.#nowMs);
    for (const call of this.#calls.waiting) {
      if (this.#nowMs >= call.deadlineMs) this.#giveUpUnsent(call);
      else if (!isAnyImpossible) return;
      else this.#isPossible(call);
    }
  }

  /** Does for one call what can be done now. */
  #reconcile(call: PendingCall): void {
    if (this.#isClosed || call.isSettled) return;
    if (this.#nowMs >= call.deadlineMs) this.#giveUpLate(call);
    else if (this.#isPossible(call)) {
      const route = this.#clusterView.route(call);
      if (route !== undefined) this.#send(call, route);
    }
  }

  /** Ends a call at once that cannot succeed as things are. @returns whether it may */
  #isPossible(call: PendingCall): boolean {
    const obstacle = this.#clusterView.obstacle(call, this.#nowMs);
    if (obstacle !== undefined) this.#giveUp(call, obstacle);
    return obstacle === undefined;
  }

  #send(call: PendingCall, route: Route): void {
    if (!call.attempts.isDue(this.#nowMs, route)) return;
    const purpose = { kind: 'call', call, client: this.#reader } as const;
    if (call.kind === 'governance') {
      this.#request(purpose, call.attempts, route, governanceQuestion(call.call));
      return;
    }
    if (call.attempts.isUnansweredOver(route)) this.#calls.queues.delayed(call, call.attempts.sentMs, this.#nowMs);
    if (call.call.kind === 'write') this.#sendWrite(call, route);
    else this.#request(purpose, call.attempts, route, readQuestion(call, route));
  }

  /** A command that has a place keeps it, also at another order: the session has moved with the shard. */
  #sendWrite(call: PendingKeyCall, route: Route): void {
    if (call.place === undefined) {
      const session = this.#sessions.with(route.order, call.slot);
      if (!session.isOpen) {
        this.#open(session, route);
        return;
      }
      if (session.isFull) return;
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
    const sentMs = this.#nowMs;
    let patienceMs: number = INTERVALS.requestRetryMs;
    if (purpose.kind === 'call' && purpose.call.kind === 'key') {
      const { call } = purpose;
      if (!attempts.isSent) call.deadlineMs = deadlineOf(call, sentMs);
      patienceMs = answerPatienceMs(this.#calls.queues.bytesUnderWay(route.order), attempts.unanswered.size);
    }
    const request = this.#requests.next(purpose, attempts, route, question, { sentMs, patienceMs });
    this.#effects.push({ kind: 'request', order: route.order, request });
  }

  #take(reply: Reply): void {
    const sending = this.#requests.answered(reply);
    if (sending === undefined) return;
    const { id, answer } = reply;
    if (sending.kind === 'session') this.#takeForSession(sending.session, id.number, answer);
    else {
      if (sending.call.kind === 'key') this.#calls.queues.note(sending.call, answer, sending.sentMs, this.#nowMs);
      this.#takeForCall(sending.call, sending.order, id.number, answer);
    }
  }

  #takeForSession(session: Session, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'session-opened') {
      session.opened();
      this.#requests.forget(session.opening);
      this.#reconcileAll();
    } else if (answer.kind === 'refusal') {
      session.opening.refused(number, answer, this.#nowMs);
      if (answer.code === 'STORAGE_FULL') this.#giveUpSession(session, reasonOf(answer));
    }
  }

  /** The order can keep no session now: the writes that wait for it were not sent. */
  #giveUpSession(session: Session, reason: Reason): void {
    for (const call of this.#calls.active) {
      if (call.kind !== 'key' || call.call.kind !== 'write' || call.place !== undefined) continue;
      if (this.#clusterView.order(call) === session.order) this.#giveUp(call, reason);
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
        this.#fail(call, errorOf(verdict.code, verdict.message, { effect: 'none' }));
        return;
      case 'given-up':
        this.#giveUp(call, verdict.reason);
        return;
      case 'unknown-session':
        if (call.kind === 'key') this.#replaceSession(call, order);
        return;
      case 'refused':
        // The way may have changed while this answer was under way.
        this.#reconcile(call);
        return;
      case 'nonsense':
        return;
    }
  }

  /** A command of a session that the order does not know starts over in another one, if it surely had no effect. */
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
    this.#reconcile(call);
  }

  /** Another configuration: shards lie elsewhere, orders are gone. */
  #follow({ orders }: Configuration): void {
    const ids = new Set(orders.map(({ id }) => id));
    const gone = this.#sessions.keepOnly(ids);
    for (const { opening } of gone) this.#requests.forget(opening);
    this.#calls.queues.replace(ids, (call) => this.#clusterView.order(call));
  }

  /** Answers that were on their way are lost with the radiant: whatever was sent may have had an effect. */
  #loseContact(): void {
    this.#requests.forgetAll();
    for (const { attempts } of this.#calls.active) attempts.lose();
    for (const { opening } of this.#sessions.all()) opening.lose();
    this.#reconcileAll();
  }

  #giveUpLate(call: PendingCall): void {
    const order = this.#clusterView.order(call);
    const isUnsent = call.kind === 'key' && call.call.kind === 'write' && call.place === undefined;
    const session = isUnsent && order !== undefined ? this.#sessions.opening(order) : undefined;
    this.#giveUp(call, verdictOnLate(call.call, session?.opening ?? call.attempts));
  }

  /** It waited for all of its time. */
  #giveUpUnsent(call: PendingKeyCall): void {
    if (this.#calls.queues.hasAnsweredSince(this.#clusterView.order(call), call.beganMs))
      this.#giveUp(call, TOOK_TOO_LONG);
    else this.#giveUpLate(call);
  }

  #giveUp(call: PendingCall, reason: Reason): void {
    this.#fail(call, givenUpError(call, reason));
  }

  #fail(call: PendingCall, error: ShardbearerError): void {
    this.#settle(call, { kind: 'failed', error });
  }

  #settle(call: PendingCall, outcome: CallOutcome): void {
    this.#calls.settle(call);
    this.#requests.forget(call.attempts);
    this.#effects.push({ kind: 'settle', call: call.number, outcome });
    if (call.kind === 'key') call.place?.session.finished(call.place.sequence);
    this.#advance();
  }

  #randomId<Id extends BootId | ClientId>(): Id {
    return idFromBytes<Id>(this.#environment.randomBytes(ID_BYTES));
  }
}

const NOTHING: readonly ClientEffect[] = [];
