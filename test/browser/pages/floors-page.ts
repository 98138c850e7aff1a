/**
 * Measures the platform without Shardbearer: a plain data channel between two pages, and plain strict writes in a
 * worker. The figures are lower bounds for the product.
 */
import { wrap } from 'comlink';
import type { WriteFloor } from './floors-worker.ts';

export class FloorsPage {
  #connection: RTCPeerConnection | undefined;
  #channel: RTCDataChannel | undefined;
  #opened: Promise<void> = Promise.resolve();

  /** Makes an offer with all candidates. Called on the measuring page. */
  async offer(): Promise<string> {
    const connection = this.#connect();
    await connection.setLocalDescription();
    return await gathered(connection);
  }

  /** Answers an offer and echoes all messages from then on. Called on the other page. */
  async answer(offer: string): Promise<string> {
    const connection = this.#connect();
    const channel = this.#channel;
    channel?.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => channel.send(data));
    await connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await connection.setLocalDescription();
    return await gathered(connection);
  }

  async accept(answer: string): Promise<void> {
    await this.#connection?.setRemoteDescription({ type: 'answer', sdp: answer });
    await this.#opened;
  }

  async roundTrips(count: number, bytes: number): Promise<readonly number[]> {
    const channel = this.#channel;
    if (channel === undefined) throw new Error('There is no channel yet.');
    const message = new Uint8Array(bytes);
    const samples: number[] = [];
    for (let at = 0; at < count; at++) {
      const startMs = performance.now();
      const echo = new Promise((resolve) => {
        channel.addEventListener('message', resolve, { once: true });
      });
      channel.send(message);
      await echo;
      samples.push(performance.now() - startMs);
    }
    return samples;
  }

  /** Durations of sequential strict writes in a worker, in milliseconds. */
  async strictWrites(count: number, bytes: number): Promise<readonly number[]> {
    const worker = new Worker(new URL('./floors-worker.ts', import.meta.url), { type: 'module' });
    try {
      return await wrap<WriteFloor>(worker).measure(count, bytes);
    } finally {
      worker.terminate();
    }
  }

  /** A connection with a negotiated channel, as the product makes it. */
  #connect(): RTCPeerConnection {
    const connection = new RTCPeerConnection();
    const channel = connection.createDataChannel('floor', { negotiated: true, id: 1 });
    channel.binaryType = 'arraybuffer';
    this.#opened = new Promise((resolve) => {
      channel.addEventListener('open', () => resolve());
    });
    this.#connection = connection;
    this.#channel = channel;
    return connection;
  }
}

async function gathered(connection: RTCPeerConnection): Promise<string> {
  while (connection.iceGatheringState !== 'complete') {
    await new Promise((resolve) => {
      connection.addEventListener('icegatheringstatechange', resolve, { once: true });
    });
  }
  return connection.localDescription?.sdp ?? '';
}

Reflect.set(globalThis, 'floors', new FloorsPage());
