/** The dialog to leave the cluster for good. The person can cancel while other tabs take the data over. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import type { Shardbearer } from '../../hosts/contract.ts';
import { wordsFor } from './error-words.ts';

interface LeaveProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly store: Pick<Shardbearer, 'leave'>;
}

export function Leave({ dialog, store }: LeaveProps) {
  const wait = useSignal<AbortController | undefined>(undefined);
  const failure = useSignal('');

  const confirm = async () => {
    const controller = new AbortController();
    wait.value = controller;
    failure.value = '';
    try {
      await store.leave({ signal: controller.signal });
      dialog.current?.close();
    } catch (error) {
      const words = wordsFor(error);
      if (words.code === 'ABORTED') dialog.current?.close();
      else failure.value = `${words.headline}. ${words.detail}`;
    } finally {
      wait.value = undefined;
    }
  };
  const stay = () => (wait.value === undefined ? dialog.current?.close() : wait.value.abort());

  return (
    <dialog ref={dialog} aria-labelledby="leave-title" onCancel={() => wait.value?.abort()}>
      <h2 id="leave-title">Leave the cluster for good?</h2>
      <p>
        Other tabs take over the data of this tab. Then the cluster no longer counts it. If you only close the tab, the
        cluster counts it for a while, and it can come back. The invite link leads back in both cases.
      </p>
      {wait.value !== undefined && (
        <>
          <p role="status">Other tabs are taking over. Keep this tab open until they are done.</p>
          <progress aria-label="Leaving" />
        </>
      )}
      <p role="alert">{failure}</p>
      <div class="buttons">
        <button type="button" autofocus onClick={stay}>
          Stay
        </button>
        <button type="button" class="danger" disabled={wait.value !== undefined} onClick={() => void confirm()}>
          {wait.value === undefined ? 'Leave' : 'Leaving…'}
        </button>
      </div>
    </dialog>
  );
}
