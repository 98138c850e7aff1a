/**
 * The application's side. Each call goes to the herald of its key's order, also while the shard moves. It is sent until it
 * is answered, takes effect once, and is settled once. If the outcome is unknown, the error says so.
 */
import type { Environment } from '../radiant/environment.ts';
import type { Operation } from '../wire/entries/command.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { errorOf, type ShardbearerError } from '../wire/errors.ts';
import type { Answer, Question, Reply } from '../wire/frames/frame.ts';
import type { BootId, ClientId, OrderId, RequestNumber } from '../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../wire/identifiers.ts';
import { Attempts, type ClientTimes, type Route } from './attempts.ts';
import { checkCall } from './call-limits.ts';
import {
  type CallFailure,
  failureAtDeadline,
  failureOf,
  givenUpError,
  meaningOf,
  stoppedError,
  TOOK_TOO_LONG,
  UNKNOWN_SESSION,
} from './call-outcome.ts';
import { answerPatienceMs } from './call-queues.ts';
import { ClusterView } from './cluster-view.ts';
import type {
  Call,
  CallNumber,
  CallOutcome,
  ClientEffect,
  ClientEvent,
  ClientMachine,
  ClientOptions,
} from './contract.ts';
import { extendDeadline, mayHaveEffect, type PendingCall, type PendingKeyCall } from './pending-call.ts';
import { PendingCalls } from './pending-calls.ts';
import { ClientRequests, type Purpose } from './requests.ts';
import { type Session, Sessions } from './sessions.ts';

export class Client implements ClientMachine {
  readonly #environment: Environment;
  readonly #times: ClientTimes;
  /** Sends reads and governance calls, which need no session. */
  readonly #reader: ClientId;
  readonly #clusterView: ClusterView;
  readonly #calls: PendingCalls;
  readonly #sessions: Sessions;
  readonly #requests: ClientRequests;
  #isAdvancing = false;
  #isClosed = false;
  #effects: ClientEffect[] = [];

  constructor({ environment }: ClientOptions) {
    this.#environment = environment;
    this.#times = environment.times.client;
    this.#clusterView = new ClusterView(this.#times);
    this.#calls = new PendingCalls(this.#times, (call) => this.#clusterView.order(call));
    this.#sessions = new Sessions(() => this.#randomId(), this.#times);
    this.#requests = new ClientRequests(this.#randomId());
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
    const pending = this.#calls.all.get(call);
    if (pending !== undefined) this.#fail(pending, stoppedError(pending, 'ABORTED', 'The caller aborted the call.'));
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls.all.values())
      this.#fail(call, stoppedError(call, 'CLOSED', 'The store was closed.'));
  }

  handle(event: ClientEvent): void {
    switch (event.kind) {
      case 'tick':
        this.#reconcileAll();
        return;
      case 'view': {
        const configuration = this.#clusterView.update(event.view, this.#nowMs);
        if (configuration !== undefined) this.#follow(configuration);
        this.#reconcileAll();
        return;
      }
      case 'reply':
        this.#take(event.reply);
        return;
      case 'radiant-down':
        this.#clusterView.radiantStopped(event.error, this.#nowMs);
        this.#reconcileAll();
        return;
      case 'radiant-restarted':
        this.#clusterView.radiantRestarted();
        this.#loseContact();
        return;
    }
  }

  takeEffects(): readonly ClientEffect[] {
    // Callers ask until nothing is left, so the last answer allocates nothing.
    if (this.#effects.length === 0) return NOTHING;
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }

  get #nowMs(): number {
    return this.#environment.nowMs();
  }

  #reconcileAll(): void {
    // Waiting calls first: the room of an active call that ends must not go to one whose deadline has passed, too.
    this.#giveUpWaiting();
    for (const call of this.#calls.active) this.#reconcile(call);
    this.#advance();
  }

  /** Sends the calls that fit into their windows now. */
  #advance(): void {
    // A call that fails here releases others. The outermost loop sends them.
    if (this.#isAdvancing || this.#isClosed) return;
    this.#isAdvancing = true;
    for (let call = this.#calls.next(); call !== undefined; call = this.#calls.next()) this.#reconcile(call);
    this.#isAdvancing = false;
  }

  /** Waiting calls are ordered by deadline, so mostly only the first one is checked. */
  #giveUpWaiting(): void {
    const isAnyImpossible = this.#clusterView.mayObstruct(this.#nowMs);
    for (const call of this.#calls.waiting) {
      if (this.#nowMs >= call.deadlineMs) this.#giveUpUnsent(call);
      else if (!isAnyImpossible) return;
      else this.#isPossible(call);
    }
  }

  /** Sends or ends one call, whichever is due. */
  #reconcile(call: PendingCall): void {
    if (this.#isClosed || call.isSettled) return;
    if (this.#nowMs >= call.deadlineMs) this.#giveUpLate(call);
    else if (this.#isPossible(call)) {
      const route = this.#clusterView.route(call);
      if (route !== undefined) this.#send(call, route);
    }
  }

  /** Ends a call that cannot succeed now. @returns whether the call can succeed */
  #isPossible(call: PendingCall): boolean {
    const obstacle = this.#clusterView.obstacle(call, this.#nowMs);
    if (obstacle !== undefined) this.#giveUp(call, obstacle);
    return obstacle === undefined;
  }

  #send(call: PendingCall, route: Route): void {
    const { attempts } = call;
    if (!attempts.isDue(this.#nowMs, route)) return;
    if (call.kind === 'governance') {
      const question = call.call.kind === 'query' ? ({ kind: 'query', number: call.call.number } as const) : call.call;
      this.#request({ kind: 'call', call, client: this.#reader }, attempts, route, question);
      return;
    }
    if (attempts.unanswered.size > 0 && attempts.isUnansweredOver(route)) {
      this.#calls.queues.delayed(call, attempts.sentMs, this.#nowMs);
    }
    if (call.call.kind === 'write') {
      this.#sendWrite(call, call.call.operation, route);
      return;
    }
    const question = { kind: 'read', slot: call.slot, shardEpoch: route.shardEpoch, key: call.call.key } as const;
    this.#request({ kind: 'call', call, client: this.#reader }, attempts, route, question);
  }

  /** A command keeps its session and sequence number at every order: the session moves with the shard. */
  #sendWrite(call: PendingKeyCall, operation: Operation, route: Route): void {
    const { slot, attempts } = call;
    if (call.command === undefined) {
      const session = this.#sessions.with(route.order, slot);
      if (session.state !== 'open') {
        this.#open(session, route);
        return;
      }
      if (session.isFull) return;
      call.command = this.#sessions.nextCommand(session, slot);
    }
    const { session, sequence } = call.command;
    const { finishedThrough, client } = session;
    const command = { sequence, finishedThrough, slot, shardEpoch: route.shardEpoch, operation };
    this.#request({ kind: 'call', call, client }, attempts, route, { kind: 'command', command });
  }

  #open(session: Session, route: Route): void {
    if (!session.opening.isDue(this.#nowMs, route)) return;
    const purpose = { kind: 'session', session, client: session.client } as const;
    this.#request(purpose, session.opening, route, { kind: 'open-session' });
  }

  #request(purpose: Purpose, attempts: Attempts, route: Route, question: Question): void {
    const sentMs = this.#nowMs;
    let patienceMs = this.#times.requestRetryMs;
    if (purpose.kind === 'call' && purpose.call.kind === 'key') {
      const { call } = purpose;
      if (attempts.sentMs === Number.NEGATIVE_INFINITY) extendDeadline(call, sentMs, this.#times);
      const bytes = this.#calls.queues.bytesInFlight(route.order);
      patienceMs = answerPatienceMs(bytes, attempts.unanswered.size, this.#times);
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
      if (sending.call.kind === 'key') this.#calls.queues.answered(sending.call, answer, sending.sentMs, this.#nowMs);
      this.#takeForCall(sending.call, sending.order, id.number, answer);
    }
  }

  #takeForSession(session: Session, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'session-opened') {
      if (session.state === 'new') session.state = 'open';
      this.#requests.forget(session.opening);
      this.#reconcileAll();
    } else if (answer.kind === 'refusal') {
      session.opening.refused(number, answer, this.#nowMs);
      if (answer.code === 'STORAGE_FULL') this.#giveUpSession(session, failureOf(answer));
    }
  }

  /** The order can keep no session now. Fails the writes that wait for it; they were not sent. */
  #giveUpSession(session: Session, failure: CallFailure): void {
    for (const call of this.#calls.active) {
      if (call.kind !== 'key' || call.call.kind !== 'write' || call.command !== undefined) continue;
      if (this.#clusterView.order(call) === session.order) this.#giveUp(call, failure);
    }
  }

  #takeForCall(call: PendingCall, order: OrderId, number: RequestNumber, answer: Answer): void {
    if (answer.kind === 'refusal') call.attempts.refused(number, answer, this.#nowMs);
    const meaning = meaningOf(answer, call.call);
    switch (meaning.kind) {
      case 'settled':
        this.#settle(call, meaning.outcome);
        return;
      case 'failed':
        this.#fail(call, errorOf(meaning.code, meaning.message, { effect: 'none' }));
        return;
      case 'given-up':
        this.#giveUp(call, meaning.failure);
        return;
      case 'unknown-session':
        if (call.kind === 'key') this.#replaceSession(call, order);
        return;
      case 'retry':
        // The route may have changed since this call was sent.
        this.#reconcile(call);
        return;
      case 'invalid':
        return;
    }
  }

  /** Starts a command of an unknown session over in another one, if it certainly had no effect. */
  #replaceSession(call: PendingKeyCall, order: OrderId): void {
    const { command } = call;
    if (command !== undefined) this.#sessions.unknown(command.session, call.slot, order);
    if (mayHaveEffect(call)) {
      this.#giveUp(call, UNKNOWN_SESSION);
      return;
    }
    command?.session.finished(command.sequence);
    call.command = undefined;
    call.attempts = new Attempts(this.#times);
    this.#reconcile(call);
  }

  /** Moves waiting calls and sessions to the orders of a new configuration. */
  #follow({ orders }: Configuration): void {
    const ids = new Set(orders.map(({ id }) => id));
    const gone = this.#sessions.keepOnly(ids);
    for (const { opening } of gone) this.#requests.forget(opening);
    this.#calls.queues.distribute(ids, (call) => this.#clusterView.order(call));
  }

  /** Answers in flight are lost with the radiant, so everything sent may have had an effect. */
  #loseContact(): void {
    this.#requests.forgetAll();
    for (const { attempts } of this.#calls.active) attempts.lose();
    for (const { opening } of this.#sessions.all()) opening.lose();
    this.#reconcileAll();
  }

  #giveUpLate(call: PendingCall): void {
    const order = this.#clusterView.order(call);
    const isUnsent = call.kind === 'key' && call.call.kind === 'write' && call.command === undefined;
    const session = isUnsent && order !== undefined ? this.#sessions.opening(order) : undefined;
    this.#giveUp(call, failureAtDeadline(call.call, session?.opening ?? call.attempts));
  }

  /** The call waited until its deadline. */
  #giveUpUnsent(call: PendingKeyCall): void {
    if (this.#calls.queues.hasAnsweredSince(this.#clusterView.order(call), call.beganMs))
      this.#giveUp(call, TOOK_TOO_LONG);
    else this.#giveUpLate(call);
  }

  #giveUp(call: PendingCall, failure: CallFailure): void {
    this.#fail(call, givenUpError(call, failure));
  }

  #fail(call: PendingCall, error: ShardbearerError): void {
    this.#settle(call, { kind: 'failed', error });
  }

  #settle(call: PendingCall, outcome: CallOutcome): void {
    this.#calls.settle(call);
    this.#requests.forget(call.attempts);
    this.#effects.push({ kind: 'settle', call: call.number, outcome });
    if (call.kind === 'key') call.command?.session.finished(call.command.sequence);
    this.#advance();
  }

  #randomId<Id extends BootId | ClientId>(): Id {
    return idFromBytes<Id>(this.#environment.randomBytes(ID_BYTES));
  }
}

const NOTHING: readonly ClientEffect[] = [];
