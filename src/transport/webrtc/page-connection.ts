import type SimplePeer from 'simple-peer/simplepeer.min.js';
import { TIMES } from '../../wire/times.ts';
import { platformError } from '../../wire/platform-error.ts';
import { DataByteChannel, DRAINED_BYTES } from './data-channel.ts';
import type { PageNetwork } from './page-network.ts';
import type { PageReport, PeerNumber } from './port-messages.ts';

/** Both ends create the channel for frames with this id, so the channel needs no negotiation. */
const FRAMES_CHANNEL = { negotiated: true, id: 100, ordered: true } as const;
const GOODBYE = 'goodbye';
/** Delay between the end of a link and the close of its connection, so that the last messages leave. */
const LINGER_MS = 1_000;

type Report = (report: PageReport, transfer?: Transferable[]) => void;

interface PageConnectionParts {
  readonly peer: PeerNumber;
  readonly simplePeer: SimplePeer;
  readonly connection: RTCPeerConnection;
  readonly throughPage: boolean;
  readonly probeNetwork: () => Promise<PageNetwork>;
}

/** The page's side of one connection. It consists of a simple-peer and a separate channel for frames. */
export class PageConnection {
  readonly #peer: PeerNumber;
  readonly #simplePeer: SimplePeer;
  readonly #report: Report;
  #relayed: DataByteChannel | undefined;
  /** Bytes of relayed messages that have not been reported to the worker as drained. */
  #unreportedBytes = 0;
  #ended = false;

  /**
   * Call this in the task that created `simplePeer`. A channel that is created later silently loses its first messages.
   */
  constructor({ peer, simplePeer, connection, throughPage, probeNetwork }: PageConnectionParts, report: Report) {
    this.#peer = peer;
    this.#simplePeer = simplePeer;
    this.#report = (message, transfer) => {
      if (!this.#ended) report(message, transfer);
    };
    const channel = connection.createDataChannel('frames', FRAMES_CHANNEL);
    if (throughPage || !this.#transfer(channel)) this.#keep(channel);
    this.#watchCandidates(connection, probeNetwork);
    simplePeer.on('signal', (signal) => this.#report({ kind: 'signal-out', peer, signal: JSON.stringify(signal) }));
    simplePeer.on('data', (data) => {
      if (data === GOODBYE) this.#report({ kind: 'goodbye', peer });
    });
    simplePeer.on('error', (error) => this.#fail(error.message));
    simplePeer.on('close', () => this.#fail('the connection closed'));
  }

  signal(signal: string): void {
    if (this.#simplePeer.destroyed) return;
    try {
      this.#simplePeer.signal(signal);
    } catch (error) {
      this.#fail(platformError('RTCPeerConnection.setLocalDescription', error).message);
    }
  }

  relay(message: Uint8Array<ArrayBuffer>): void {
    if (this.#relayed === undefined) return;
    this.#relayed.send(message);
    this.#unreportedBytes += message.length;
    if (this.#relayed.bufferedAmount <= DRAINED_BYTES) this.#reportDrained();
  }

  /** Sends a goodbye on simple-peer's own channel, which belongs to the page, and ends the connection. */
  leave(): void {
    this.#ended = true;
    try {
      if (this.#simplePeer.connected) this.#simplePeer.send(GOODBYE);
    } catch {
      // The channel is closing. The remote end detects the loss.
    }
    this.#simplePeer.destroy();
  }

  /**
   * Closes the connection after `LINGER_MS`, because the worker has ended the link. Messages that were sent before
   * still leave.
   */
  closeSoon(): void {
    this.#ended = true;
    this.#relayed?.close();
    setTimeout(() => this.#simplePeer.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#ended = true;
    this.#simplePeer.destroy();
  }

  #fail(message: string): void {
    this.#report({ kind: 'peer-failed', peer: this.#peer, message });
    this.#ended = true;
  }

  #transfer(channel: RTCDataChannel): boolean {
    try {
      this.#report({ kind: 'channel', peer: this.#peer, channel }, [channel]);
      return true;
    } catch {
      // This browser cannot transfer data channels. `postMessage` throws `DataCloneError` or `TypeError`.
      return false;
    }
  }

  #keep(channel: RTCDataChannel): void {
    const peer = this.#peer;
    const relayed = new DataByteChannel(channel);
    this.#relayed = relayed;
    this.#report({ kind: 'channel-on-page', peer });
    relayed.listen({
      opened: () => this.#report({ kind: 'relay-opened', peer }),
      message: (message) => this.#report({ kind: 'relay-in', peer, message }, [message.buffer]),
      drained: () => this.#reportDrained(),
      closed: () => this.#report({ kind: 'relay-closed', peer }),
    });
  }

  #reportDrained(): void {
    const bytes = this.#unreportedBytes;
    if (bytes === 0) return;
    this.#unreportedBytes = 0;
    this.#report({ kind: 'relay-drained', peer: this.#peer, bytes });
  }

  #watchCandidates(connection: RTCPeerConnection, probeNetwork: () => Promise<PageNetwork>): void {
    let candidates = 0;
    const compareLater = () =>
      setTimeout(() => {
        if (candidates === 0 && connection.iceGatheringState === 'gathering') void compare();
      }, TIMES.links.candidatePatienceMs);
    const compare = async () => {
      if ((await probeNetwork()) !== 'lost' || candidates > 0) return;
      this.#report({ kind: 'network-service-died', peer: this.#peer });
    };
    connection.addEventListener('icecandidate', (event) => {
      if (event.candidate !== null && event.candidate.candidate !== '') candidates++;
    });
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'gathering') compareLater();
      if (connection.iceGatheringState === 'complete' && candidates === 0) {
        this.#report({ kind: 'no-candidates', peer: this.#peer });
      }
    });
  }
}
