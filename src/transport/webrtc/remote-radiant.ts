import type { ErrorCode, ShardbearerError } from '../../wire/errors.ts';
import type { BootId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { TIMES } from '../../wire/times.ts';
import { Backoff } from '../backoff.ts';
import type { Neighbour } from '../contract.ts';
import type { Link, LinkEnd, LinkReceiver } from '../link.ts';
import type { ScheduledTask, Scheduler } from '../scheduler.ts';
import type { Connection, ConnectionListener } from './connection.ts';
import type { SignalWay } from './signal-courier.ts';
import type { AttemptId, SignalMessage } from './signal-message.ts';

/** The services that a `RemoteRadiant` uses. */
export interface Neighbourhood {
  readonly self: RadiantId;
  readonly boot: BootId;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  newAttempt(): AttemptId;
  connect(remote: RadiantId, attempt: AttemptId, initiator: boolean, listener: ConnectionListener): Connection;
  /**
   * Remembers the attempt that an offer began.
   * @returns false if the offer arrived before
   */
  remember(attempt: AttemptId): boolean;
  /** Whether another link fits into `LIMITS.links.neighbours`. */
  hasRoom(): boolean;
  send(to: RadiantId, message: SignalMessage, way: SignalWay): void;
  /** Whether this radiant has a neighbour that could relay signals. */
  hasMesh(): boolean;
  /** Returns the path for the first signal of a new attempt. */
  preferredWay(): SignalWay;
  /**
   * Called when a link opens.
   * @returns the receiver of the link's frames
   */
  opened(remote: RemoteRadiant, neighbour: Neighbour, link: Link): LinkReceiver;
  closed(remote: RemoteRadiant, reason: LinkEnd['reason'] | 'closed'): void;
  problem(error: ShardbearerError): void;
  /** Called when the object has no link, attempt or timer and can be removed. */
  idle(remote: RemoteRadiant): void;
}

/** Codes of rejected greetings. An early retry would be rejected again. */
const LASTING_REJECTIONS: ReadonlySet<ErrorCode> = new Set(['FRAME_OF_OTHER_CLUSTER', 'VERSION_UNSUPPORTED']);

/** Consecutive failed attempts from which on each failure is reported as a problem. */
const REPORTED_FAILURES = 3;

/**
 * The state of the connection to one other radiant. It has at most one attempt and one link, and knows whether this
 * radiant wants a link.
 *
 * Either end may offer. If both offer at once, the offer of the smaller id has priority. If one end has lost a link
 * that the other still holds, the newer connection replaces the older one.
 */
export class RemoteRadiant {
  readonly radiant: RadiantId;
  readonly #neighbourhood: Neighbourhood;
  readonly #backoff: Backoff;
  #attempt: Connection | undefined;
  #way: SignalWay = 'server';
  /** Signals of the running attempt, kept to send them again over another path. */
  #sent: SignalMessage[] = [];
  #link: Connection | undefined;
  #retry: ScheduledTask | undefined;
  #isWanted = false;
  /**
   * Time until which offers are declined, because a link was closed on purpose or a greeting was rejected. A new boot
   * of the other radiant resets the time.
   */
  #declinedUntilMs = Number.NEGATIVE_INFINITY;
  #boot: BootId | undefined;

  constructor(radiant: RadiantId, neighbourhood: Neighbourhood) {
    this.radiant = radiant;
    this.#neighbourhood = neighbourhood;
    const { linkRetryMs, linkRetryMaximumMs } = TIMES.links;
    this.#backoff = new Backoff(linkRetryMs, linkRetryMaximumMs, neighbourhood.random);
  }

  /** Whether the radiant counts towards the limit of neighbours. */
  get takesPlace(): boolean {
    return this.#link !== undefined || this.#attempt !== undefined;
  }

  want(): void {
    this.#isWanted = true;
    if (this.takesPlace || this.#retry !== undefined || this.#isDeclined()) return;
    this.#backoff.reset();
    this.#dial();
  }

  /** Requests a link and ends the effect of an earlier `decline`. */
  wantAgain(): void {
    this.#declinedUntilMs = Number.NEGATIVE_INFINITY;
    this.want();
  }

  /** Closes the link, and declines the offers of the other radiant's current boot until `wantAgain`. */
  decline(): void {
    this.#declinedUntilMs = Number.POSITIVE_INFINITY;
    this.#isWanted = false;
    this.#endAttempt();
    this.#retry?.cancel();
    this.#retry = undefined;
    const link = this.#link;
    this.#link = undefined;
    if (link === undefined) return;
    link.leave();
    this.#neighbourhood.closed(this, 'closed');
  }

  /** Sends a goodbye and closes all connections with the radiant. */
  leave(): void {
    this.#retry?.cancel();
    this.#attempt?.close();
    this.#link?.leave();
  }

  hear(message: SignalMessage, way: SignalWay): void {
    if (message.kind === 'signal') this.#noteBoot(message.boot);
    const current = [this.#attempt, this.#link].find((connection) => connection?.attempt === message.attempt);
    if (message.kind === 'declined') {
      if (current === undefined || current !== this.#attempt) return;
      this.#endAttempt();
      this.#isWanted = false;
      this.#idleUnlessBusy();
    } else if (current !== undefined) {
      current.takeSignal(message.number, message.signal);
    } else if (message.number === 0 && this.#neighbourhood.remember(message.attempt)) {
      this.#considerOffer(message.attempt, message.signal, way);
    }
  }

  #noteBoot(boot: BootId): void {
    if (this.#boot !== undefined && this.#boot !== boot) this.#declinedUntilMs = Number.NEGATIVE_INFINITY;
    this.#boot = boot;
  }

  /**
   * Handles the other radiant's absence from the signaling room. The signals of the attempt go through the mesh if a
   * neighbour could relay them. Otherwise an unanswered attempt fails.
   */
  leftRoom(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#way === 'mesh') return;
    if (this.#neighbourhood.hasMesh()) {
      this.#way = 'mesh';
      for (const message of this.#sent) this.#neighbourhood.send(this.radiant, message, 'mesh');
    } else if (!attempt.isAnswered) {
      this.#endAttempt();
      this.#retryLater();
    }
  }

  /**
   * Handles this tab's entry into the signaling room. Sends the signals of an unanswered attempt again, through the
   * server, because the mesh may have lost them.
   */
  enteredRoom(): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.isAnswered || this.#way === 'server') return;
    this.#way = 'server';
    for (const message of this.#sent) this.#neighbourhood.send(this.radiant, message, 'server');
  }

  #considerOffer(attempt: AttemptId, signal: string, way: SignalWay): void {
    const { self, scheduler } = this.#neighbourhood;
    if (this.#isDeclined() || !(this.takesPlace || this.#neighbourhood.hasRoom())) {
      this.#neighbourhood.send(this.radiant, { kind: 'declined', attempt }, way);
      this.#idleUnlessBusy();
      return;
    }
    const own = this.#attempt;
    const ownGoesFirst =
      own?.initiator === true && self < this.radiant && scheduler.nowMs() - own.startedAtMs < TIMES.links.linkGlareMs;
    if (ownGoesFirst) {
      // The offer of this end may have reached an earlier boot, or may have been lost on its path. It is sent again
      // over the path on which the other offer arrived.
      this.#way = way;
      for (const message of this.#sent) this.#neighbourhood.send(this.radiant, message, way);
      return;
    }
    this.#isWanted = true;
    this.#begin(attempt, false, way);
    this.#attempt?.takeSignal(0, signal);
  }

  #dial(): void {
    if (!this.#neighbourhood.hasRoom()) {
      this.#idleUnlessBusy();
      return;
    }
    this.#begin(this.#neighbourhood.newAttempt(), true, this.#neighbourhood.preferredWay());
  }

  #begin(attempt: AttemptId, initiator: boolean, way: SignalWay): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#endAttempt();
    this.#way = way;
    const connection: Connection = this.#neighbourhood.connect(this.radiant, attempt, initiator, {
      signal: (number, signal) =>
        this.#send(connection, { kind: 'signal', attempt, boot: this.#neighbourhood.boot, number, signal }),
      opened: (neighbour, link) => this.#opened(connection, neighbour, link),
      problem: (error) => this.#neighbourhood.problem(error),
      ended: (end) => this.#ended(connection, end),
    });
    this.#attempt = connection;
  }

  #send(connection: Connection, message: SignalMessage): void {
    if (connection === this.#attempt) this.#sent.push(message);
    this.#neighbourhood.send(this.radiant, message, this.#way);
  }

  #opened(connection: Connection, neighbour: Neighbour, link: Link): LinkReceiver {
    const previous = this.#link;
    this.#boot = neighbour.boot;
    this.#attempt = undefined;
    this.#sent = [];
    this.#link = connection;
    this.#backoff.reset();
    if (previous !== undefined) {
      previous.close();
      this.#neighbourhood.closed(this, 'failed');
    }
    return this.#neighbourhood.opened(this, neighbour, link);
  }

  #ended(connection: Connection, end: LinkEnd): void {
    if (connection === this.#link) {
      this.#link = undefined;
      this.#neighbourhood.closed(this, end.reason);
    } else if (connection === this.#attempt) {
      this.#attempt = undefined;
      this.#sent = [];
    } else {
      return;
    }
    if (end.reason === 'goodbye') this.#isWanted = false;
    if (end.error !== undefined) this.#judge(end.error);
    this.#retryLater();
  }

  #judge(error: ShardbearerError): void {
    if (LASTING_REJECTIONS.has(error.code)) {
      this.#isWanted = false;
      this.#declinedUntilMs = this.#neighbourhood.scheduler.nowMs() + TIMES.links.linkRefusedMs;
      this.#neighbourhood.problem(error);
      return;
    }
    const failures = this.#backoff.failures + 1;
    if (failures >= LIMITS.links.linkAttempts) this.#isWanted = false;
    if (failures >= REPORTED_FAILURES) this.#neighbourhood.problem(error);
  }

  #retryLater(): void {
    if (!this.#isWanted || this.takesPlace) {
      this.#idleUnlessBusy();
      return;
    }
    const { self, scheduler } = this.#neighbourhood;
    // Both ends dial again. The end with the larger id waits longer, so that usually only one connection forms.
    const courtesyMs = self < this.radiant ? 0 : TIMES.links.linkRetryMs;
    this.#retry?.cancel();
    this.#retry = scheduler.after(this.#backoff.nextDelayMs() + courtesyMs, () => {
      this.#retry = undefined;
      this.#dial();
    });
  }

  #endAttempt(): void {
    this.#attempt?.close();
    this.#attempt = undefined;
    this.#sent = [];
  }

  #isDeclined(): boolean {
    return this.#neighbourhood.scheduler.nowMs() < this.#declinedUntilMs;
  }

  #idleUnlessBusy(): void {
    if (!this.takesPlace && this.#retry === undefined && !this.#isDeclined()) this.#neighbourhood.idle(this);
  }
}
