import { assert } from '../wire/assertion.ts';
import { type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import { FrameReceiver, FrameSender } from '../wire/links/framing.ts';
import { answerGreeting, type Greeting, type GreetingAnswer } from '../wire/links/greeting.ts';
import { type RadiantId, shortId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { TIMES } from '../wire/times.ts';
import type { ControlMessage } from '../wire/links/control-message.ts';
import type { ByteChannel } from './byte-channel.ts';
import type { Neighbour, Urgency } from './contract.ts';
import type { ScheduledTask, Scheduler } from './scheduler.ts';

/** Receives the frames and round-trip times of an open link. */
export interface LinkReceiver {
  frame(bytes: Uint8Array): void;
  roundTrip(milliseconds: number): void;
}

interface LinkListener {
  /**
   * Called once when the link opens.
   * @returns the receiver of the link's frames
   */
  opened(neighbour: Neighbour): LinkReceiver;
  /** Called once when the link ends. No other call follows. Not called after `leave()` or `close()`. */
  ended(end: LinkEnd): void;
}

export interface LinkEnd {
  readonly reason: 'goodbye' | 'failed' | 'silent';
  /** The reason of a failed or silent link. Undefined after a goodbye. */
  readonly error: ShardbearerError | undefined;
}

interface LinkOptions {
  readonly channel: ByteChannel;
  readonly scheduler: Scheduler;
  /** Returns the greeting of this end. */
  readonly greeting: () => Greeting;
  /** The radiant that must be at the remote end. */
  readonly expected: RadiantId;
  readonly listener: LinkListener;
}

type State =
  | { readonly kind: 'opening' }
  /** The channel is open. The link opens once both ends have accepted each other's greeting. */
  | { readonly kind: 'greeting'; readonly own: Greeting; heard: Greeting | undefined; accepted: boolean }
  | { readonly kind: 'open' }
  | { readonly kind: 'ended' };

/** Consecutive unanswered pings after which the link ends as silent. Any received message answers them. */
const SILENT_PINGS = TIMES.links.linkSilenceMs / TIMES.links.linkPingMs;

/**
 * One link over one channel. Both ends exchange a greeting and an answer, and then pings and frames in chunks. The link
 * keeps few bytes in the channel's buffer, so that an urgent frame waits for few bytes.
 */
export class Link {
  readonly #channel: ByteChannel;
  readonly #scheduler: Scheduler;
  readonly #greeting: () => Greeting;
  readonly #expected: RadiantId;
  readonly #listener: LinkListener;
  readonly #outgoing = new FrameSender();
  readonly #incoming = new FrameReceiver();
  /** The receiver of frames. Undefined until the link is open. */
  #receiver: LinkReceiver | undefined;
  #state: State = { kind: 'opening' };
  #timer: ScheduledTask;
  #lastPing = { number: 0, sentAtMs: 0 };
  /**
   * Number of pings sent since the last received message. Unlike a time, a count does not grow while this worker is
   * frozen.
   */
  #unheardPings = 0;

  /** Call this in the task that received the channel. A link that is created in a later task may miss messages. */
  constructor(options: LinkOptions) {
    this.#channel = options.channel;
    this.#scheduler = options.scheduler;
    this.#greeting = options.greeting;
    this.#expected = options.expected;
    this.#listener = options.listener;
    this.#timer = this.#scheduler.after(TIMES.links.linkOpenMs, () =>
      this.#fail('LINK_FAILED', 'it did not open in time'),
    );
    this.#channel.listen({
      opened: () => this.#greet(),
      message: this.#receive,
      drained: () => this.#pump(),
      closed: (why) => this.#fail('LINK_FAILED', why === undefined ? 'its channel closed' : why.message, why),
    });
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /**
   * Queues a frame. Drops it if the link is not open.
   * @throws {ShardbearerError} `FRAME_TOO_LARGE`
   */
  send(frame: Uint8Array, urgency: Urgency): void {
    if (this.#state.kind !== 'open') return;
    this.#outgoing.queue(frame, urgency);
    this.#pump();
  }

  /** Sends a goodbye and closes the link. Drops queued frames. */
  leave(): void {
    if (this.#state.kind === 'open') {
      this.#outgoing.abandonFrames();
      this.#outgoing.control({ kind: 'goodbye' });
      // The goodbye is sent regardless of the buffered amount.
      this.#sendAll();
    }
    this.close();
  }

  /** Closes the link without a goodbye. */
  close(): void {
    if (this.#state.kind === 'ended') return;
    this.#state = { kind: 'ended' };
    this.#timer.cancel();
    this.#channel.close();
  }

  /** Ends the link, because a goodbye of the remote end arrived. */
  receiveGoodbye(): void {
    this.#end({ reason: 'goodbye', error: undefined });
  }

  #greet(): void {
    if (this.#state.kind !== 'opening') return;
    const own = this.#greeting();
    this.#state = { kind: 'greeting', own, heard: undefined, accepted: false };
    this.#outgoing.control({ kind: 'greeting', greeting: own });
    this.#pump();
  }

  readonly #receive = (message: Uint8Array): void => {
    if (this.#state.kind === 'ended') return;
    // A message can arrive before the event that reports the open channel.
    if (this.#state.kind === 'opening') this.#greet();
    this.#unheardPings = 0;
    try {
      const event = this.#incoming.receive(message);
      if (event === undefined) return;
      if (event.kind !== 'frame') this.#control(event);
      else if (this.#receiver !== undefined) this.#receiver.frame(event.bytes);
      else this.#fail('FRAME_MALFORMED', 'a frame came before the greeting was over');
    } catch (error) {
      if (!(error instanceof ShardbearerError) || error.code === 'INVARIANT_BROKEN') throw error;
      this.#end({ reason: 'failed', error });
    }
  };

  #control(message: ControlMessage): void {
    switch (message.kind) {
      case 'greeting':
        this.#answer(message.greeting);
        return;
      case 'greeting-answer':
        this.#receiveAnswer(message.answer);
        return;
      case 'ping':
        this.#outgoing.control({ kind: 'pong', number: message.number });
        this.#pump();
        return;
      case 'pong':
        if (message.number === this.#lastPing.number) {
          this.#receiver?.roundTrip(this.#scheduler.nowMs() - this.#lastPing.sentAtMs);
        }
        return;
      case 'goodbye':
        this.receiveGoodbye();
    }
  }

  #answer(greeting: Greeting): void {
    const state = this.#state;
    if (state.kind !== 'greeting' || state.heard !== undefined) {
      this.#fail('FRAME_MALFORMED', 'a greeting came twice');
      return;
    }
    if (greeting.radiant !== this.#expected) {
      this.#fail('LINK_FAILED', `radiant ${shortId(greeting.radiant)} answered in its place`);
      return;
    }
    const answer = answerGreeting(state.own, greeting);
    this.#outgoing.control({ kind: 'greeting-answer', answer });
    this.#sendAll();
    if (answer.kind === 'refused') {
      this.#reject(answer.code);
      return;
    }
    state.heard = greeting;
    this.#openWhenAgreed();
  }

  #receiveAnswer(answer: GreetingAnswer): void {
    if (this.#state.kind !== 'greeting' || this.#state.accepted) {
      this.#fail('FRAME_MALFORMED', 'an answer to a greeting came twice');
      return;
    }
    if (answer.kind === 'refused') {
      this.#reject(answer.code);
      return;
    }
    this.#state.accepted = true;
    this.#openWhenAgreed();
  }

  #openWhenAgreed(): void {
    if (this.#state.kind !== 'greeting' || !this.#state.accepted || this.#state.heard === undefined) return;
    const { radiant, boot, cluster } = this.#state.heard;
    this.#state = { kind: 'open' };
    this.#timer.cancel();
    this.#receiver = this.#listener.opened({ radiant, boot, cluster });
    this.#ping();
  }

  #ping(): void {
    if (this.#state.kind !== 'open') return;
    if (this.#unheardPings >= SILENT_PINGS) {
      this.#end({ reason: 'silent', error: linkError('LINK_FAILED', this.#expected, 'pings went unanswered') });
      return;
    }
    this.#unheardPings++;
    this.#lastPing = { number: (this.#lastPing.number + 1) >>> 0, sentAtMs: this.#scheduler.nowMs() };
    this.#outgoing.control({ kind: 'ping', number: this.#lastPing.number });
    this.#timer = this.#scheduler.after(TIMES.links.linkPingMs, () => this.#ping());
    this.#pump();
  }

  /** Sends chunks while the channel buffers little. An urgent frame then waits for few chunks. */
  #pump(): void {
    if (this.#state.kind !== 'greeting' && this.#state.kind !== 'open') return;
    while (this.#channel.bufferedAmount + LIMITS.links.chunkBytes <= LIMITS.links.linkBufferedBytes) {
      const message = this.#outgoing.next();
      if (message === undefined) return;
      this.#channel.send(message);
    }
  }

  #sendAll(): void {
    assert(this.#outgoing.queuedBytes === 0, 'only control messages may exceed the bound of the buffer');
    for (let message = this.#outgoing.next(); message !== undefined; message = this.#outgoing.next()) {
      this.#channel.send(message);
    }
  }

  #reject(code: ErrorCode): void {
    const why =
      code === 'FRAME_OF_OTHER_CLUSTER'
        ? 'it belongs to another cluster. Both clusters keep their data'
        : 'the two builds share no protocol version. Reload the older tab';
    this.#fail(code, why);
  }

  #fail(code: ErrorCode, why: string, cause?: ShardbearerError): void {
    this.#end({ reason: 'failed', error: linkError(code, this.#expected, why, cause) });
  }

  #end(end: LinkEnd): void {
    if (this.#state.kind === 'ended') return;
    this.close();
    this.#listener.ended(end);
  }
}

function linkError(code: ErrorCode, radiant: RadiantId, why: string, cause?: ShardbearerError): ShardbearerError {
  return new ShardbearerError(code, `No link to radiant ${shortId(radiant)}: ${why}.`, { cause });
}
