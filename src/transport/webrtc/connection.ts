import { ShardbearerError } from '../../wire/errors.ts';
import type { Greeting } from '../../wire/links/greeting.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import type { IceServer } from '../../wire/rendezvous.ts';
import type { ByteChannel } from '../byte-channel.ts';
import type { Neighbour } from '../contract.ts';
import { Link, type LinkEnd, type LinkReceiver } from '../link.ts';
import type { Peer, PeerFactory } from '../peer-factory.ts';
import type { ScheduledTask, Scheduler } from '../scheduler.ts';
import type { AttemptId } from './signal-message.ts';

export interface ConnectionListener {
  /** Called with each signal for the remote end. The numbers of the signals count from 0. */
  signal(number: number, signal: string): void;
  /**
   * Called when the link opens.
   * @returns the receiver of the link's frames
   */
  opened(neighbour: Neighbour, link: Link): LinkReceiver;
  /** Called when this browser finds no network for any connection. */
  problem(error: ShardbearerError): void;
  /** Called once when the connection ends. Not called after `leave()` or `close()`. */
  ended(end: LinkEnd): void;
}

interface ConnectionOptions {
  readonly attempt: AttemptId;
  readonly initiator: boolean;
  readonly remote: RadiantId;
  readonly peers: PeerFactory;
  readonly iceServers: readonly IceServer[];
  readonly scheduler: Scheduler;
  readonly greeting: () => Greeting;
  readonly listener: ConnectionListener;
}

/** One attempt to connect with another radiant, and the resulting link. */
export class Connection {
  readonly attempt: AttemptId;
  readonly initiator: boolean;
  readonly startedAtMs: number;
  readonly #options: ConnectionOptions;
  readonly #peer: Peer;
  readonly #answerTimer: ScheduledTask;
  readonly #receivedNumbers = new Set<number>();
  #verdictTimer: ScheduledTask | undefined;
  #nextNumber = 0;
  #link: Link | undefined;
  #wasOpen = false;
  #ended = false;

  constructor(options: ConnectionOptions) {
    const { scheduler, initiator, iceServers, listener } = options;
    this.#options = options;
    this.attempt = options.attempt;
    this.initiator = initiator;
    this.startedAtMs = scheduler.nowMs();
    this.#answerTimer = scheduler.after(TIMES.links.linkAnswerMs, () => {
      if (this.#receivedNumbers.size === 0) this.#fail('it did not answer');
    });
    this.#peer = options.peers.open(
      { initiator, iceServers },
      {
        channel: (channel) => this.#takeChannel(channel),
        signal: (signal) => listener.signal(this.#nextNumber++, signal),
        goodbye: () => this.#end({ reason: 'goodbye', error: undefined }),
        noCandidates: (why) => this.#failWithoutNetwork(why),
        failed: (message) => this.#fail(message),
      },
    );
  }

  /** Whether any signal of the remote end has arrived. */
  get isAnswered(): boolean {
    return this.#receivedNumbers.size > 0;
  }

  /** Takes a signal of the remote end. Ignores a repeated signal. */
  takeSignal(number: number, signal: string): void {
    if (this.#ended || this.#receivedNumbers.has(number)) return;
    this.#receivedNumbers.add(number);
    this.#peer.signal(signal);
  }

  /** Sends a goodbye and closes the connection. */
  leave(): void {
    this.#link?.leave();
    this.close();
  }

  /** Closes the connection without a goodbye. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#answerTimer.cancel();
    this.#verdictTimer?.cancel();
    this.#link?.close();
    this.#peer.close();
  }

  #takeChannel(channel: ByteChannel): void {
    const { scheduler, greeting, remote, listener } = this.#options;
    const link: Link = new Link({
      channel,
      scheduler,
      greeting,
      expected: remote,
      listener: {
        opened: (neighbour) => {
          this.#wasOpen = true;
          return listener.opened(neighbour, link);
        },
        ended: (end) => this.#linkEnded(end),
      },
    });
    this.#link = link;
  }

  #linkEnded(end: LinkEnd): void {
    if (end.reason !== 'failed' || !this.#wasOpen) {
      this.#end(end);
      return;
    }
    // Waits for a goodbye. The channel closes in the worker, while a goodbye comes through the page and can arrive
    // later.
    this.#verdictTimer = this.#options.scheduler.after(TIMES.links.goodbyePatienceMs, () => this.#end(end));
  }

  #failWithoutNetwork(why: 'no-network' | 'network-service-died'): void {
    if (this.#ended) return;
    const error = why === 'no-network' ? noNetwork() : networkServiceDied();
    this.#options.listener.problem(error);
    this.#end({ reason: 'failed', error });
  }

  #fail(why: string): void {
    const message = `No link to radiant ${shortId(this.#options.remote)}: ${why}.`;
    this.#end({ reason: 'failed', error: new ShardbearerError('LINK_FAILED', message) });
  }

  #end(end: LinkEnd): void {
    if (this.#ended) return;
    this.close();
    this.#options.listener.ended(end);
  }
}

function noNetwork(): ShardbearerError {
  const message = 'This browser finds no network for links (no candidates). Connect this device to a network.';
  return new ShardbearerError('LINK_FAILED', message);
}

function networkServiceDied(): ShardbearerError {
  return new ShardbearerError(
    'NETWORK_SERVICE_DIED',
    "The browser's network service ended, so this page can make no new links. Reload the page.",
  );
}
