/** The dialog that confirms the removal of a radiant from the cluster. */
import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';

interface TakeOutProps {
  /** The radiant to remove. Undefined: the dialog is closed. */
  readonly radiant: Signal<RadiantId | undefined>;
  readonly takeOut: (radiant: RadiantId) => void;
}

export function TakeOut({ radiant, takeOut }: TakeOutProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = radiant.value;
  useEffect(() => {
    if (asked === undefined) dialog.current?.close();
    else dialog.current?.showModal();
  }, [asked]);
  const close = () => {
    radiant.value = undefined;
  };
  const confirm = () => {
    if (asked !== undefined) takeOut(asked);
    close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="take-out-title" onClose={close}>
      <h2 id="take-out-title">Take {asked === undefined ? 'it' : shortId(asked)} out of the cluster?</h2>
      <p>
        This tab cannot reach the radiant. If you take it out, another radiant takes its place. Its tab asks for a place
        again when it is back.
      </p>
      <div class="buttons">
        <button type="button" autofocus onClick={close}>
          Keep it
        </button>
        <button type="button" class="danger" onClick={confirm}>
          Take it out
        </button>
      </div>
    </dialog>
  );
}
