import type { Changes, Writer } from '../writer.ts';

/** One group's way to the disk, which can be closed: a replica that is out leaves nothing behind. */
export class WriterGate implements Pick<Writer, 'add'> {
  readonly #writer: Pick<Writer, 'add'>;
  #isClosed = false;

  constructor(writer: Pick<Writer, 'add'>) {
    this.#writer = writer;
  }

  add(changes: Changes, onDurable: () => void): void {
    if (this.#isClosed) return;
    this.#writer.add(changes, () => {
      if (!this.#isClosed) onDurable();
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
