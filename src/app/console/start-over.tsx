/** The dialog that deletes all data of the cluster on this device. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { wordsFor } from './error-words.ts';

interface StartOverProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  /** Deletes all data on this device and loads the bare address. */
  readonly startOver: () => Promise<void>;
}

export function StartOver({ dialog, startOver }: StartOverProps) {
  const state = useSignal<'asking' | 'forgetting'>('asking');
  const failure = useSignal('');

  const confirm = async () => {
    state.value = 'forgetting';
    failure.value = '';
    try {
      await startOver();
    } catch (error) {
      const words = wordsFor(error);
      failure.value = `${words.headline}. ${words.detail}`;
      state.value = 'asking';
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby="start-over-title">
      <h2 id="start-over-title">Start over on this device?</h2>
      <p>
        Every tab of this site on this device stops, and deletes its clusters, their secrets and all data. Copies on
        other devices stay there. If this device has the only copies, they are lost.
      </p>
      <p role="alert">{failure}</p>
      <div class="buttons">
        <button type="button" autofocus onClick={() => dialog.current?.close()}>
          Keep everything
        </button>
        <button type="button" class="danger" disabled={state.value === 'forgetting'} onClick={() => void confirm()}>
          {state.value === 'forgetting' ? 'Forgetting…' : 'Forget everything here'}
        </button>
      </div>
    </dialog>
  );
}
