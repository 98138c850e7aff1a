import type { Changes, Writer } from '../writer.ts';

/** One group's way to the disk, which can be closed: a replica that is out leaves nothing behind. */
export class WriterGate implements Pick<Writer, 'add' | 'makeQueued'> {
  readonly #writer: Pick<Writer, 'add' | 'makeQueued'>;
  #isClosed = false;

  constructor(writer: Pick<Writer, 'add' | 'makeQueued'>) {
    this.#writer = writer;
  }

  add(changes: Changes, onDurable: () => void): void {
    if (this.#isClosed) return;
    this.#writer.add(changes, () => {
      if (!this.#isClosed) onDurable();
    });
  }

  makeQueued(): void {
    this.#writer.makeQueued();
  }

  close(): void {
    this.#isClosed = true;
  }
}
