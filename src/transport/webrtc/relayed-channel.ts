import type { ByteChannel, ByteChannelListener } from '../byte-channel.ts';
import { DRAINED_BYTES } from './data-channel.ts';
import type { PageCommand, PageReport, PeerNumber } from './port-messages.ts';

type ChannelReport = Extract<PageReport, { kind: 'relay-opened' | 'relay-in' | 'relay-drained' | 'relay-closed' }>;

/** The worker's side of a channel for frames that stayed on the page. */
export class RelayedByteChannel implements ByteChannel {
  readonly #peer: PeerNumber;
  readonly #command: (command: PageCommand, transfer: Transferable[]) => void;
  #listener: ByteChannelListener | undefined;
  #bufferedBytes = 0;

  constructor(peer: PeerNumber, command: (command: PageCommand, transfer: Transferable[]) => void) {
    this.#peer = peer;
    this.#command = command;
  }

  get bufferedAmount(): number {
    return this.#bufferedBytes;
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    this.#bufferedBytes += message.length;
    this.#command({ kind: 'relay-out', peer: this.#peer, message }, [message.buffer]);
  }

  listen(listener: ByteChannelListener): void {
    this.#listener = listener;
  }

  /** Stops listening. The page closes the channel together with its connection. */
  close(): void {
    this.#listener = undefined;
  }

  handle(report: ChannelReport): void {
    switch (report.kind) {
      case 'relay-opened':
        this.#listener?.opened();
        return;
      case 'relay-in':
        this.#listener?.message(report.message);
        return;
      case 'relay-drained':
        this.#bufferedBytes -= report.bytes;
        if (this.#bufferedBytes <= DRAINED_BYTES) this.#listener?.drained();
        return;
      case 'relay-closed':
        this.#listener?.closed();
    }
  }
}
