/**
 * The platform without Shardbearer: a bare data channel between two pages, and bare strict writes in a worker. These
 * figures are lower bounds.
 */
import { wrap } from 'comlink';
import type { WriteFloor } from './floors-worker.ts';

export class FloorsPage {
  #connection: RTCPeerConnection | undefined;
  #channel: RTCDataChannel | undefined;
  #opened: Promise<void> = Promise.resolve();

  /** Called on the measuring page. The offer contains all candidates. */
  async offer(): Promise<string> {
    const connection = this.#connect();
    await connection.setLocalDescription();
    return await gathered(connection);
  }

  /** Called on the other page, which echoes all messages. */
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

  /** Milliseconds of sequential round trips. */
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

  /** Milliseconds of sequential strict writes in a worker. */
  async strictWrites(count: number, bytes: number): Promise<readonly number[]> {
    const worker = new Worker(new URL('./floors-worker.ts', import.meta.url), { type: 'module' });
    try {
      return await wrap<WriteFloor>(worker).measure(count, bytes);
    } finally {
      worker.terminate();
    }
  }

  /** A negotiated channel, like the product's. */
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
