/** The form for put, get, append and delete. The results are listed below, newest first. */
import { type Signal, useSignal } from '@preact/signals';
import type { Shardbearer } from '../../hosts/contract.ts';
import { type ErrorWords, wordsFor } from './error-words.ts';
import { shortened } from './shortened.ts';
import type { Remedies } from './situation-banner.tsx';
import { RemedyButtons } from './situation-banner.tsx';

type Action = 'put' | 'get' | 'append' | 'delete';

interface Attempt {
  readonly number: number;
  readonly action: Action;
  readonly key: string;
  readonly elapsedMs: number | undefined;
  readonly outcome: Outcome;
}

type Outcome =
  | { readonly kind: 'under-way' }
  | { readonly kind: 'done'; readonly text: string; readonly value?: string }
  | { readonly kind: 'failed'; readonly words: ErrorWords };

const ATTEMPTS_KEPT = 20;

export function StoreForm({ store, remedies }: { readonly store: Shardbearer<string>; readonly remedies: Remedies }) {
  const key = useSignal('');
  const value = useSignal('');
  const attempts = useSignal<readonly Attempt[]>([]);

  const record = (attempt: Attempt) => {
    const others = attempts.value.filter(({ number }) => number !== attempt.number);
    attempts.value = [attempt, ...others].sort((one, other) => other.number - one.number).slice(0, ATTEMPTS_KEPT);
  };

  const run = async (action: Action) => {
    const number = (attempts.value[0]?.number ?? 0) + 1;
    const started = performance.now();
    const attempt = { number, action, key: key.value };
    record({ ...attempt, elapsedMs: undefined, outcome: { kind: 'under-way' } });
    const outcome = await perform(store, action, key.value, value.value);
    record({ ...attempt, elapsedMs: performance.now() - started, outcome });
  };

  return (
    <section class="card" aria-labelledby="store-title">
      <h2 id="store-title">Store</h2>
      <Fields keyField={key} valueField={value} run={(action) => void run(action)} />
      <ol class="results" aria-live="polite" aria-label="Results, newest first">
        {attempts.value.map((attempt) => (
          <AttemptLine key={attempt.number} attempt={attempt} remedies={remedies} />
        ))}
      </ol>
      {attempts.value.length === 0 && (
        <p class="empty">
          Write under any key. Every other tab reads what one tab puts. The value survives the loss of any one tab.
        </p>
      )}
    </section>
  );
}

interface FieldsProps {
  readonly keyField: Signal<string>;
  readonly valueField: Signal<string>;
  readonly run: (action: Action) => void;
}

/** The fields of the form. The Enter key in *Key* performs a get. A put of an empty value needs a confirmation. */
function Fields({ keyField, valueField, run }: FieldsProps) {
  const typing = { autocomplete: 'off', autocapitalize: 'off', spellcheck: false } as const;
  const asksAboutEmpty = useSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    run('get');
  };
  const put = () => {
    if (valueField.value === '') asksAboutEmpty.value = true;
    else run('put');
  };
  const edited = () => {
    asksAboutEmpty.value = false;
  };
  const putEmpty = () => {
    asksAboutEmpty.value = false;
    run('put');
  };
  return (
    <form onSubmit={submit} onInput={edited}>
      <label for="key">
        Key <span class="hint">Enter reads it</span>
      </label>
      <input id="key" value={keyField} onInput={takeInto(keyField)} placeholder="greeting" {...typing} />
      <label for="value">
        Value <span class="hint">for put and append</span>
      </label>
      <textarea id="value" rows={2} value={valueField} onInput={takeInto(valueField)} placeholder="hello" {...typing} />
      <div class="buttons four">
        <button type="button" class="primary" onClick={put}>
          Put
        </button>
        <button type="submit">Get</button>
        <button type="button" onClick={() => run('append')}>
          Append
        </button>
        <button type="button" onClick={() => run('delete')}>
          Delete
        </button>
      </div>
      <EmptyValueQuestion isAsked={asksAboutEmpty.value} putEmpty={putEmpty} />
    </form>
  );
}

interface EmptyValueQuestionProps {
  readonly isAsked: boolean;
  readonly putEmpty: () => void;
}

function EmptyValueQuestion({ isAsked, putEmpty }: EmptyValueQuestionProps) {
  return (
    <div class="question" role="status">
      {isAsked && (
        <>
          <p>The field Value is empty. An empty value replaces the value under this key.</p>
          <button type="button" class="danger" onClick={putEmpty}>
            Put an empty value
          </button>
        </>
      )}
    </div>
  );
}

function takeInto(field: Signal<string>) {
  return (event: { readonly currentTarget: { readonly value: string } }) => {
    field.value = event.currentTarget.value;
  };
}

function AttemptLine({ attempt, remedies }: { readonly attempt: Attempt; readonly remedies: Remedies }) {
  const { outcome, elapsedMs } = attempt;
  return (
    <li class={`result ${outcome.kind}`} data-action={attempt.action} data-outcome={outcome.kind}>
      <div class="result-head">
        <span>
          <b>{attempt.action}</b> <code>{shortened(attempt.key)}</code>
        </span>
        {elapsedMs !== undefined && <span class="elapsed">{elapsedMs.toFixed(elapsedMs < 10 ? 1 : 0)} ms</span>}
      </div>
      {outcome.kind === 'under-way' && <p>waiting…</p>}
      {outcome.kind === 'done' && (
        <>
          <p>{outcome.text}</p>
          {outcome.value !== undefined && <pre>{outcome.value}</pre>}
        </>
      )}
      {outcome.kind === 'failed' && (
        <>
          <p>
            {outcome.words.headline} <code class="error-code">{outcome.words.code}</code>
          </p>
          <p class="detail">{outcome.words.detail}</p>
          <RemedyButtons wanted={outcome.words.remedies} remedies={remedies} />
        </>
      )}
    </li>
  );
}

async function perform(store: Shardbearer<string>, action: Action, key: string, value: string): Promise<Outcome> {
  try {
    switch (action) {
      case 'get': {
        const found = await store.get(key);
        return found === undefined
          ? { kind: 'done', text: 'No value is stored under this key.' }
          : { kind: 'done', text: 'Found:', value: found };
      }
      case 'put': {
        const versionstamp = await store.put(key, value);
        return { kind: 'done', text: `Stored on a majority of the order, as version ${versionstamp}.` };
      }
      case 'append': {
        const versionstamp = await store.append(key, value);
        return { kind: 'done', text: `Added at the end on a majority of the order, as version ${versionstamp}.` };
      }
      case 'delete': {
        const existed = await store.delete(key);
        return { kind: 'done', text: existed ? 'Deleted.' : 'No value was stored under this key.' };
      }
    }
  } catch (error) {
    return { kind: 'failed', words: wordsFor(error) };
  }
}
