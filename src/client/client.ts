/**
 * An application's side: every call finds the herald of its key's order, is sent
 * until it is answered, takes effect once, and is settled once. Where the outcome
 * is not known, the error says so.
 */
import type { Environment } from '../radiant/environment.ts';
import { slotOfKey } from '../store/slot.ts';
import { checkKey, checkOperation } from '../store/validation.ts';
import { assert } from '../wire/assertion.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { Answer, Question, Reply, RequestId } from '../wire/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { asRequestNumber, ID_BYTES, idFromBytes } from '../wire/identifiers.ts';
import { INTERVALS, LIMITS } from '../wire/limits.ts';
import type { Refusal } from './attempts.ts';
import { Attempts } from './attempts.ts';
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
import type { PendingCall } from './pending-call.ts';
import { keyOf, mayHaveEffect, pendingCall } from './pending-call.ts';
import { Session } from './session.ts';
import type { Destination } from './surroundings.ts';
import { Surroundings } from './surroundings.ts';

/** What a request that is under way is for. */
type Purpose =
  | { readonly kind: 'call'; readonly call: PendingCall; readonly client: ClientId }
  | { readonly kind: 'session'; readonly session: Session; readonly client: ClientId };

export class Client implements ClientMachine {
  readonly #environment: Environment;
  readonly #boot: BootId;
  /** Asks what needs no session. */
  readonly #reader: ClientId;
  readonly #surroundings = new Surroundings();
  readonly #calls = new Map<CallNumber, PendingCall>();
  readonly #order = new KeyOrder();
  readonly #sessions = new Map<OrderId, Session>();
  readonly #underWay = new Map<RequestNumber, Purpose>();
  #effects: ClientEffect[] = [];
  #lastCall = 0;
  #lastRequest = 0;

  constructor({ environment }: ClientOptions) {
    this.#environment = environment;
    this.#boot = this.#randomId();
    this.#reader = this.#randomId();
  }

  call(call: Call): CallNumber {
    if (call.kind === 'get') checkKey(call.key);
    else checkOperation(call.operation);
    if (this.#calls.size >= LIMITS.clientRequests) {
      throw new ShardbearerError('OVERLOADED', `${LIMITS.clientRequests} calls are waiting; wait for some of them`);
    }
    this.#lastCall += 1;
    const number = this.#lastCall;
    assertCallNumber(number);
    const deadlineMs = this.#nowMs + INTERVALS.requestDeadlineMs;
    const pending = pendingCall(number, call, slotOfKey(keyOf(call)), deadlineMs);
    this.#calls.set(number, pending);
    this.#order.add(pending);
    this.#pursue(pending);
    return number;
  }

  abort(call: CallNumber): void {
    const pending = this.#calls.get(call);
    if (pending === undefined) return;
    this.#fail(pending, 'ABORTED', 'the caller gave up; a write that was sent may still take effect');
  }

  handle(event: ClientEvent): void {
    switch (event.kind) {
      case 'tick':
        this.#pursueAll();
        return;
      case 'view':
        this.#surroundings.look(event.view, this.#nowMs);
        this.#pursueAll();
        return;
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
    if (!this.#calls.has(call.number)) return;
    if (this.#nowMs >= call.deadlineMs) {
      this.#giveUpLate(call);
      return;
    }
    const notFormed = this.#surroundings.notFormed(this.#nowMs);
    if (notFormed !== undefined) {
      this.#giveUp(call, 'NOT_FORMED', notFormed);
      return;
    }
    const destination = this.#surroundings.destination(call.slot);
    if (destination === undefined) return;
    const missing = this.#surroundings.missingQuorum(destination.order, this.#nowMs);
    if (missing !== undefined) {
      this.#giveUp(call, 'NO_QUORUM', missing);
      return;
    }
    if (!this.#order.mayStart(call) || !call.attempts.isDue(this.#nowMs, destination.herald)) return;
    if (call.call.kind === 'get') this.#sendRead(call, call.call.key, destination);
    else this.#sendWrite(call, destination);
  }

  #sendRead(call: PendingCall, key: Uint8Array, destination: Destination): void {
    const { shardEpoch } = destination;
    const purpose: Purpose = { kind: 'call', call, client: this.#reader };
    this.#send(purpose, call.attempts, destination, { kind: 'read', slot: call.slot, shardEpoch, key });
  }

  #sendWrite(call: PendingCall, destination: Destination): void {
    assert(call.call.kind === 'write', 'only writes are sent as commands');
    if (call.place === undefined) {
      const session = this.#sessionWith(destination.order);
      if (!session.isOpen) {
        this.#open(session, destination);
        return;
      }
      call.place = { session, sequence: session.nextSequence() };
    }
    const { session, sequence } = call.place;
    const command = {
      sequence,
      finishedThrough: session.finishedThrough,
      slot: call.slot,
      shardEpoch: destination.shardEpoch,
      operation: call.call.operation,
    };
    const purpose: Purpose = { kind: 'call', call, client: session.client };
    this.#send(purpose, call.attempts, destination, { kind: 'command', command });
  }

  #open(session: Session, destination: Destination): void {
    if (!session.opening.isDue(this.#nowMs, destination.herald)) return;
    const purpose: Purpose = { kind: 'session', session, client: session.client };
    this.#send(purpose, session.opening, destination, { kind: 'open-session' });
  }

  #sessionWith(order: OrderId): Session {
    const known = this.#sessions.get(order);
    if (known !== undefined && !known.isLost) return known;
    const session = new Session(order, this.#randomId());
    this.#sessions.set(order, session);
    return session;
  }

  #send(purpose: Purpose, attempts: PendingCall['attempts'], destination: Destination, question: Question): void {
    this.#lastRequest += 1;
    const number = asRequestNumber(this.#lastRequest);
    const id: RequestId = { client: purpose.client, clientBoot: this.#boot, number };
    attempts.sent(number, destination.herald, this.#nowMs);
    this.#underWay.set(number, purpose);
    this.#effects.push({ kind: 'request', order: destination.order, request: { id, question } });
  }

  #take({ id, answer }: Reply): void {
    const purpose = this.#underWay.get(id.number);
    if (purpose === undefined || id.clientBoot !== this.#boot || id.client !== purpose.client) return;
    this.#underWay.delete(id.number);
    if (purpose.kind === 'session') this.#takeForSession(purpose.session, id.number, answer);
    else this.#takeForCall(purpose.call, id.number, answer);
  }

  #takeForSession(session: Session, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'session-opened') {
      session.opened();
      this.#forget(session.opening);
      this.#pursueAll();
    } else if (answer.kind === 'refusal') {
      session.opening.refused(number, answer, this.#nowMs);
    }
  }

  #takeForCall(call: PendingCall, number: RequestNumber, answer: Answer): void {
    const isWrite = call.call.kind === 'write';
    switch (answer.kind) {
      case 'refusal':
        this.#takeRefusal(call, number, answer);
        return;
      case 'written':
        if (isWrite) this.#settle(call, answer);
        return;
      case 'value':
      case 'missing':
        if (!isWrite) this.#settle(call, answer);
        return;
      case 'session-opened':
      case 'configuration':
        return;
    }
  }

  #takeRefusal(call: PendingCall, number: RequestNumber, refusal: Refusal): void {
    call.attempts.refused(number, refusal, this.#nowMs);
    const { code, message } = refusal;
    switch (code) {
      case 'INVALID_ARGUMENT':
      case 'KEY_TOO_LARGE':
      case 'VALUE_TOO_LARGE':
        // So it is for every sending of this command: the order remembers it like an outcome.
        this.#fail(call, code, message);
        return;
      case 'STALE_REQUEST':
        this.#giveUp(call, code, message);
        return;
      case 'UNKNOWN_SESSION':
        this.#replaceSession(call);
        return;
      default:
        // Anything else may be otherwise in a moment, at another herald.
        return;
    }
  }

  /** A command of a session that the order forgot starts over in a new one, if it surely had no effect. */
  #replaceSession(call: PendingCall): void {
    call.place?.session.lose();
    if (mayHaveEffect(call)) {
      this.#giveUp(call, 'UNKNOWN_SESSION', 'the order forgot this session');
      return;
    }
    call.place = undefined;
    call.attempts = new Attempts();
    this.#pursue(call);
  }

  /** Answers that were on their way are lost with the radiant: whatever was sent may have had an effect. */
  #loseContact(): void {
    this.#underWay.clear();
    for (const { attempts } of this.#calls.values()) attempts.lose();
    for (const { opening } of this.#sessions.values()) opening.lose();
    this.#pursueAll();
  }

  #giveUpLate(call: PendingCall): void {
    const order = this.#surroundings.destination(call.slot)?.order;
    const session = call.call.kind === 'get' || order === undefined ? undefined : this.#sessions.get(order);
    const isOverloaded = call.attempts.wasOverloaded || (session?.isOpen === false && session.opening.wasOverloaded);
    this.#giveUp(call, isOverloaded ? 'OVERLOADED' : 'UNAVAILABLE', 'no herald took it up in time; try again');
  }

  #giveUp(call: PendingCall, code: ConstructorParameters<typeof ShardbearerError>[0], why: string): void {
    if (mayHaveEffect(call))
      this.#fail(call, 'OUTCOME_UNKNOWN', `${why}; the write may or may not take effect, read to find out`);
    else this.#fail(call, code, why);
  }

  #fail(call: PendingCall, code: ConstructorParameters<typeof ShardbearerError>[0], message: string): void {
    this.#settle(call, { kind: 'failed', error: new ShardbearerError(code, message) });
  }

  #settle(call: PendingCall, outcome: CallOutcome): void {
    this.#calls.delete(call.number);
    this.#forget(call.attempts);
    call.place?.session.finished(call.place.sequence);
    this.#effects.push({ kind: 'settle', call: call.number, outcome });
    for (const next of this.#order.remove(call)) this.#pursue(next);
  }

  /** Late answers are for nobody. */
  #forget(attempts: PendingCall['attempts']): void {
    for (const number of attempts.unanswered) this.#underWay.delete(number);
  }

  #randomId<Id extends BootId | ClientId>(): Id {
    return idFromBytes<Id>(this.#environment.randomBytes(ID_BYTES));
  }
}

const NOTHING: readonly ClientEffect[] = [];

function assertCallNumber(value: number): asserts value is CallNumber {
  assert(Number.isSafeInteger(value) && value >= 1, 'calls are counted from 1');
}
