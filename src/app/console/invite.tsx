/**
 * The invite link, with buttons to copy and to open it. If copying is denied, a person can select the text of the
 * field.
 */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

export function Invite({ link, openTab }: { readonly link: string; readonly openTab: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const said = useSignal('');

  const copy = async () => {
    said.value = '';
    said.value = (await copyText(link))
      ? 'Copied. This link gives full access to all data.'
      : 'This browser does not allow copying. The link is selected, so you can copy it from the field.';
    if (!said.value.startsWith('Copied')) selectAll(field.current);
  };

  return (
    <section class="card" aria-labelledby="invite-title">
      <h2 id="invite-title">Invite</h2>
      <p class="hint">The secret is after the #, where no server sees it. The link gives full access to all data.</p>
      <label for="invite" class="visually-hidden">
        Invite link
      </label>
      <div class="copy-row">
        <input id="invite" ref={field} readOnly value={link} onFocus={(event) => selectAll(event.currentTarget)} />
        <button type="button" class="primary" onClick={() => void copy()}>
          Copy
        </button>
      </div>
      <div class="buttons">
        <button type="button" onClick={openTab}>
          Open another tab
        </button>
      </div>
      <p role="status" class="said">
        {said}
      </p>
    </section>
  );
}

/**
 * Copies a text, and returns whether the clipboard holds it. Browsers deny this without permission. Insecure contexts
 * have no clipboard.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function selectAll(field: HTMLInputElement | null): void {
  field?.focus({ preventScroll: false });
  field?.select();
}
