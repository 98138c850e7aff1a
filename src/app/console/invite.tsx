/** The invite link: to copy, to select from where copying is not allowed, and to open here. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

export function Invite({ link, openTab }: { readonly link: string; readonly openTab: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const said = useSignal('');

  const copy = async () => {
    said.value = '';
    said.value = (await copyText(link))
      ? 'Copied. Whoever has this link can read and write everything.'
      : 'This browser does not let the page copy: the link is selected, copy it from the field.';
    if (!said.value.startsWith('Copied')) selectAll(field.current);
  };

  return (
    <section class="card" aria-labelledby="invite-title">
      <h2 id="invite-title">Invite</h2>
      <p class="hint">The secret stands after the #, where no server sees it. Whoever has the link is trusted.</p>
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

/** Whether the text is in the clipboard. Refused without permission, absent in insecure contexts. */
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
