/**
 * The client of a store. A call on a key goes to the herald of the order that serves the key. The client repeats an
 * unanswered call. A call is settled once and takes effect at most once. If its effect is unknown, the error says so.
 */
import type { Environment } from '../radiant/environment.ts';
import type { Command } from '../wire/entries/command.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { Question, Reply } from '../wire/frames/frame.ts';
import { type BootId, type ClientId, ID_BYTES, idFromBytes, type OrderId } from '../wire/identifiers.ts';
import {
  type CallFailure,
  failureAtDeadline,
  failureOf,
  FITTING_ANSWERS,
  givenUp,
  meaningOfRefusal,
  MET_LOCKS,
  stopped,
  TOOK_TOO_LONG,
  UNKNOWN_SESSION,
} from './call-outcome.ts';
import { ClusterView } from './cluster-view.ts';
import type { Call, CallNumber, CallOutcome, ClientEffect, ClientEvent, ClientMachine } from './contract.ts';
import {
  isUnsentWrite,
  mayHaveEffect,
  type PendingCall,
  type PendingKeyCall,
  type PendingStep,
  type Purpose,
} from './pending-call.ts';
import { PendingCalls } from './pending-calls.ts';
import { Attempts, ClientRequests, type ClientTimes, readQuestion, type Refusal, type Route } from './requests.ts';
import { type CommandId, type Session, Sessions } from './sessions.ts';
import { Transactions } from './transactions.ts';

/** One client boot, with its own random ids. */
export class Client implements ClientMachine {
  readonly #environment: Environment;
  readonly #times: ClientTimes;
  /** The client id of reads, lists and governance calls, which need no session. */
  readonly #reader: ClientId;
  readonly #clusterView: ClusterView;
  readonly #calls: PendingCalls;
  readonly #sessions: Sessions;
  readonly #requests: ClientRequests<Purpose>;
  readonly #transactions: Transactions;
  /** The time of the current event. */
  #nowMs = 0;
  #isAdvancing = false;
  #isClosed = false;
  #effects: ClientEffect[] = [];

  constructor({ environment }: { readonly environment: Environment }) {
    this.#environment = environment;
    this.#times = environment.times.client;
    this.#clusterView = new ClusterView(this.#times);
    this.#calls = new PendingCalls(this.#times, this.#clusterView);
    this.#sessions = new Sessions(() => this.#randomId());
    this.#requests = new ClientRequests(this.#randomId());
    this.#reader = this.#randomId();
    this.#transactions = new Transactions({
      times: this.#times,
      nowMs: () => this.#nowMs,
      random: () => environment.random(),
      orderOf: (slot) => this.#clusterView.orderAt(slot),
      epochOf: (slot) => this.#clusterView.epochAt(slot),
      start: (step) => {
        this.#calls.addStep(step);
        this.#reconcile(step);
      },
      drop: (step) => this.#drop(step),
      settle: (transaction, outcome) => this.#settle(transaction, outcome),
      giveUp: (transaction, failure) => this.#giveUp(transaction, failure),
    });
  }

  call(call: Call, timeoutMs?: number): CallNumber {
    this.#nowMs = this.#environment.nowMs();
    const pending = this.#calls.add(call, this.#nowMs, timeoutMs);
    this.#reconcile(pending);
    if (pending.kind === 'transaction') this.#advance();
    return pending.number;
  }

  abort(call: CallNumber): void {
    this.#nowMs = this.#environment.nowMs();
    const pending = this.#calls.all.get(call);
    if (pending !== undefined) this.#settle(pending, stopped(pending, 'ABORTED', 'The caller aborted the call.'));
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls.all.values()) this.#settle(call, stopped(call, 'CLOSED', 'The store was closed.'));
  }

  handle(event: ClientEvent): void {
    this.#nowMs = this.#environment.nowMs();
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
    // Callers repeat this call until it returns no effects. The shared empty list saves an allocation.
    if (this.#effects.length === 0) return NOTHING;
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }

  #reconcileAll(): void {
    // Late waiting calls end before active calls do. Otherwise the room of an ending active call could go to a waiting
    // call that is late, too.
    const isAnyImpossible = this.#clusterView.mayObstruct(this.#nowMs);
    for (const call of this.#calls.waitingWithTimeout) this.#reconcile(call);
    for (const call of this.#calls.waiting) {
      // Ends waiting calls that cannot be sent any more. Usually only the first call is checked, since the calls are
      // sorted by deadline.
      if (this.#nowMs < call.deadlineMs && !isAnyImpossible) break;
      this.#reconcile(call);
    }
    for (const call of this.#calls.active) this.#reconcile(call);
    this.#transactions.reconcile();
    this.#advance();
  }

  /** Sends the waiting calls that fit into their windows now. */
  #advance(): void {
    // A call that fails inside the loop releases later calls, which the outermost loop sends.
    if (this.#isAdvancing || this.#isClosed) return;
    this.#isAdvancing = true;
    for (let call = this.#calls.next(); call !== undefined; call = this.#calls.next()) this.#reconcile(call);
    for (let next = this.#calls.startable.shift(); next !== undefined; next = this.#calls.startable.shift()) {
      if (next.state !== 'settled') this.#transactions.begin(next);
    }
    this.#isAdvancing = false;
  }

  /** Ends a call that is late or cannot succeed now. Sends an active call if a sending is due. */
  #reconcile(call: PendingCall): void {
    if (this.#isClosed || call.state === 'settled') return;
    // The steps of a transaction know better why it does not succeed.
    if (call.kind === 'transaction' && this.#transactions.isRunning(call)) return;
    if (this.#nowMs >= call.deadlineMs) {
      this.#giveUpLate(call);
      return;
    }
    const destination = this.#clusterView.destination(call, this.#nowMs);
    if (destination?.kind === 'obstacle') this.#giveUp(call, destination.failure);
    else if (destination !== undefined && call.state === 'active') this.#send(call, destination.route);
  }

  #send(call: PendingCall, route: Route): void {
    const { attempts } = call;
    if (!attempts.isDue(this.#nowMs, route, this.#times)) return;
    const purpose = { kind: 'call', call, client: this.#reader } as const;
    if (call.kind === 'governance') {
      this.#request(purpose, attempts, route, call.call);
      return;
    }
    if (call.kind === 'transaction') return;
    if (call.kind === 'step') {
      this.#sendStep(call, route);
      return;
    }
    if (call.kind === 'list') {
      const { slots, ...list } = call.call;
      const shards = this.#clusterView.shardsOf(route.order, slots);
      this.#request({ ...purpose, covered: shards }, attempts, route, { ...list, shards });
      return;
    }
    if (call.kind === 'range') {
      if (call.call.kind === 'release-range') {
        this.#request(purpose, attempts, route, { kind: 'release-range', lock: call.call.lock });
        return;
      }
      const { slots, ...range } = call.call;
      const shards = this.#clusterView.shardsOf(route.order, slots);
      this.#request({ ...purpose, covered: shards }, attempts, route, { ...range, shards });
      return;
    }
    if (call.kind === 'watch') {
      const ranges = this.#clusterView.partsAt(route.order, call.call.ranges);
      this.#request(purpose, attempts, route, { ...call.call, ranges });
      return;
    }
    if (attempts.unanswered.size > 0 && attempts.isUnansweredOver(route)) {
      this.#calls.queues.delayed(call, attempts.sentMs, this.#nowMs);
    }
    if (call.call.kind === 'write') {
      const { operation } = call.call;
      this.#sendWrite(call, () => operation, route);
      return;
    }
    this.#request(purpose, attempts, route, readQuestion(call.call, call.slot, route.shardEpoch));
  }

  #sendStep(step: PendingStep, route: Route): void {
    const { call, slot, attempts } = step;
    if (call.kind === 'settle') {
      const purpose = { kind: 'call', call: step, client: this.#reader } as const;
      const { shardEpoch } = route;
      this.#request(purpose, attempts, route, { ...call, kind: 'settle', slot, shardEpoch });
    } else if (!step.isHeld) this.#sendWrite(step, call.build, route);
    else if (this.#commandOf(step, route) !== undefined) this.#transactions.identified(step);
  }

  /**
   * Sends a write. The command of the write keeps its session and sequence number at every order, since the session
   * moves with the shard.
   */
  #sendWrite(call: PendingKeyCall | PendingStep, operation: () => Command['operation'], route: Route): void {
    const id = this.#commandOf(call, route);
    if (id === undefined) return;
    const { session, sequence } = id;
    const { finishedThrough, client } = session;
    const { slot, attempts } = call;
    const command = { sequence, finishedThrough, slot, shardEpoch: route.shardEpoch, operation: operation() };
    this.#request({ kind: 'call', call, client }, attempts, route, { kind: 'command', command });
  }

  /** Returns the id of the command of a call. Opens a session if none is open, and returns undefined meanwhile. */
  #commandOf(call: PendingKeyCall | PendingStep, route: Route): CommandId | undefined {
    if (call.command !== undefined) return call.command;
    const session = this.#sessions.with(route.order, call.slot);
    if (session.state === 'open') {
      call.command = this.#sessions.nextCommand(session, call.slot);
      return call.command;
    }
    const { opening, client } = session;
    if (opening.isDue(this.#nowMs, route, this.#times)) {
      this.#request({ kind: 'session', session, client }, opening, route, { kind: 'open-session' });
    }
    return undefined;
  }

  #request(purpose: Purpose, attempts: Attempts, route: Route, question: Question): void {
    let patienceMs = this.#times.requestRetryMs;
    if (purpose.kind === 'call' && purpose.call.kind === 'key') {
      const { call } = purpose;
      // Extends the deadline of a call that waited before its first sending. A first sending in a replaced session
      // extends the deadline again, but only up to a limit.
      if (attempts.sentMs === Number.NEGATIVE_INFINITY && !call.hasOwnTimeout) {
        const latestMs = call.beganMs + this.#times.requestDeadlineMs;
        call.deadlineMs = Math.max(call.deadlineMs, Math.min(this.#nowMs, latestMs) + this.#times.answerPatienceMs);
      }
      patienceMs = this.#calls.queues.answerPatienceMs(route.order, attempts.unanswered.size);
    } else if (question.kind === 'watch' && question.waits) patienceMs += this.#times.watchWaitMs;
    const request = this.#requests.next(purpose, attempts, route, question, { sentMs: this.#nowMs, patienceMs });
    this.#effects.push({ kind: 'request', order: route.order, request });
  }

  #take(reply: Reply): void {
    const sending = this.#requests.answered(reply);
    if (sending === undefined) return;
    if (sending.kind === 'session') {
      this.#takeForSession(sending.session, reply);
      return;
    }
    const { id, answer } = reply;
    const { call } = sending;
    if (call.kind === 'key') this.#calls.queues.answered(call, answer, sending.sentMs, this.#nowMs);
    if (answer.kind === 'refusal') {
      call.attempts.refused(id.number, answer, this.#nowMs, this.#times);
      this.#takeRefusal(call, sending.order, answer);
    } else if (answer.kind === 'page') {
      if (call.kind === 'list') this.#settle(call, { ...answer, covered: sending.covered ?? [] });
    } else if (!FITTING_ANSWERS[call.call.kind].includes(answer.kind)) return;
    else if (call.kind === 'step') this.#transactions.answered(call, answer);
    else if (answer.kind === 'range-locked') this.#settle(call, { ...answer, covered: sending.covered ?? [] });
    else if (answer.kind !== 'session-opened' && answer.kind !== 'transacted' && answer.kind !== 'settled') {
      this.#settle(call, answer);
    }
  }

  #takeForSession(session: Session, { id, answer }: Reply): void {
    if (answer.kind === 'session-opened') {
      if (session.state === 'new') session.state = 'open';
      this.#requests.forget(session.opening);
      this.#reconcileAll();
    } else if (answer.kind === 'refusal') {
      session.opening.refused(id.number, answer, this.#nowMs, this.#times);
      if (answer.code !== 'STORAGE_FULL') return;
      // The disks of the order are full. The writes that wait for the session were never sent, so they fail.
      for (const call of this.#calls.active) {
        if (isUnsentWrite(call) && this.#clusterView.order(call) === session.order) {
          this.#giveUp(call, failureOf(answer));
        }
      }
    }
  }

  #takeRefusal(call: PendingCall, order: OrderId, refusal: Refusal): void {
    if (call.kind === 'step' && call.call.kind === 'prepare' && refusal.code === 'LOCKED') {
      this.#transactions.obstructed(call);
      return;
    }
    const meaning = meaningOfRefusal(refusal, call);
    if (meaning.kind === 'settled') this.#settle(call, meaning.outcome);
    // The route may have changed since this call was sent.
    else if (meaning.kind === 'retry') this.#reconcile(call);
    else if (call.kind === 'key' || call.kind === 'step') this.#replaceSession(call, order);
  }

  /** Sends a command without effect again in another session. Fails a call whose command may have had an effect. */
  #replaceSession(call: PendingKeyCall | PendingStep, order: OrderId): void {
    const { command } = call;
    if (command !== undefined) this.#sessions.unknown(command.session, call.slot, order);
    if (mayHaveEffect(call)) {
      this.#giveUp(call, UNKNOWN_SESSION);
      return;
    }
    if (call.kind === 'step') {
      this.#transactions.obstructed(call);
      return;
    }
    command?.session.finished(command.sequence);
    call.command = undefined;
    call.attempts = new Attempts();
    this.#reconcile(call);
  }

  /** Moves waiting calls to the orders of a new configuration. Gives up the sessions with orders that do not exist. */
  #follow({ orders }: Configuration): void {
    const ids = new Set(orders.map(({ id }) => id));
    const gone = this.#sessions.keepOnly(ids);
    for (const { opening } of gone) this.#requests.forget(opening);
    this.#calls.queues.distribute(ids, (call) => this.#clusterView.order(call));
  }

  /** Handles a restart of the radiant, which loses the answers in flight. Each sent write may have had an effect. */
  #loseContact(): void {
    this.#requests.forgetAll();
    for (const { attempts } of this.#calls.active) attempts.lose();
    for (const { opening } of this.#sessions.all()) opening.lose();
    this.#reconcileAll();
  }

  #giveUpLate(call: PendingCall): void {
    const order = this.#clusterView.order(call);
    if (call.kind === 'transaction' && this.#transactions.hasMetLocks(call)) {
      this.#giveUp(call, MET_LOCKS);
      return;
    }
    if (call.state === 'waiting' && this.#calls.queues.hasAnsweredSince(order, call.beganMs)) {
      this.#giveUp(call, TOOK_TOO_LONG);
      return;
    }
    const session = isUnsentWrite(call) && order !== undefined ? this.#sessions.opening(order) : undefined;
    this.#giveUp(call, failureAtDeadline(call.call, session?.opening ?? call.attempts));
  }

  #giveUp(call: PendingCall, failure: CallFailure): void {
    this.#settle(call, givenUp(call, failure));
  }

  /** Ends a step of a transaction. Its command is never sent again. */
  #drop(step: PendingStep): void {
    this.#calls.settle(step);
    this.#requests.forget(step.attempts);
    step.command?.session.finished(step.command.sequence);
  }

  #settle(call: PendingCall, outcome: CallOutcome): void {
    if (call.kind === 'step') {
      this.#transactions.failed(call, outcome);
      return;
    }
    if (call.kind === 'transaction') this.#transactions.abandon(call);
    const mayAdvance = this.#calls.settle(call);
    this.#requests.forget(call.attempts);
    this.#effects.push({ kind: 'settle', call: call.number, outcome });
    if (call.kind === 'key') call.command?.session.finished(call.command.sequence);
    if (mayAdvance) this.#advance();
  }

  #randomId<Id extends BootId | ClientId>(): Id {
    return idFromBytes<Id>(this.#environment.randomBytes(ID_BYTES));
  }
}

const NOTHING: readonly ClientEffect[] = [];
