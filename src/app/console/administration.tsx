/** The form to move, fracture and consolidate shards by hand. */
import { type Signal, useSignal } from '@preact/signals';
import type { Shardbearer } from '../../hosts/contract.ts';
import type { Slot } from '../../wire/identifiers.ts';
import { type Change, make, titleOf, wordsAfter, wordsForFailure } from './change.ts';
import { type ClusterMap, type OrderLine, shardAt } from './cluster-map.ts';
import { counted } from './counted.ts';
import type { ErrorWords } from './error-words.ts';
import { Moves } from './moves.tsx';
import { PlaceField } from './place-field.tsx';
import { describePlace, slotFrom, type TypedPlace } from './place.ts';
import { Ring } from './ring.tsx';

interface AdministrationProps {
  readonly map: ClusterMap;
  readonly store: Pick<Shardbearer, 'administration'>;
}

export interface ChangeMade {
  readonly number: number;
  readonly title: string;
  readonly outcome:
    | { readonly kind: 'under-way' }
    | { readonly kind: 'done'; readonly text: string }
    | { readonly kind: 'failed'; readonly words: ErrorWords };
}

const CHANGES_KEPT = 8;

type ChangeLog = Signal<readonly ChangeMade[]>;

export async function ask(
  changes: ChangeLog,
  change: Change,
  { map, store }: Pick<AdministrationProps, 'map' | 'store'>,
): Promise<void> {
  const number = (changes.value[0]?.number ?? 0) + 1;
  const record = (outcome: ChangeMade['outcome']) => {
    const others = changes.value.filter((made) => made.number !== number);
    const all = [{ number, title: titleOf(change), outcome }, ...others];
    changes.value = all.sort((one, other) => other.number - one.number).slice(0, CHANGES_KEPT);
  };
  record({ kind: 'under-way' });
  try {
    record({ kind: 'done', text: wordsAfter(change, map.number, await make(store, change)) });
  } catch (error) {
    record({ kind: 'failed', words: wordsForFailure(change, error) });
  }
}

export function Shards({ map, store, changes }: AdministrationProps & { readonly changes: ChangeLog }) {
  const place = useSignal<TypedPlace>({ by: 'slot', text: '' });
  const slot = slotFrom(place.value);
  const choose = (chosen: number) => {
    place.value = { by: 'slot', text: String(chosen) };
  };
  return (
    <section class="card" aria-labelledby="shards-title">
      <h2 id="shards-title">The ring</h2>
      <Ring map={map} slot={slot} choose={choose} />
      <Moves map={map} />
      <Form map={map} place={place} slot={slot} run={(change) => void ask(changes, change, { map, store })} />
      <ChangeResults changes={changes} />
    </section>
  );
}

interface FormProps {
  readonly map: ClusterMap;
  readonly place: Signal<TypedPlace>;
  readonly slot: Slot | undefined;
  readonly run: (change: Change) => void;
}

function Form({ map, place, slot, run }: FormProps) {
  const wanted = useSignal('');
  const shard = slot === undefined ? undefined : shardAt(map, slot);
  const targets = map.orders.filter(({ id }) => id !== shard?.order.id);
  const target = targets.find(({ id }) => id === wanted.value) ?? targets[0];
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <PlaceField place={place} />
      <p class="detail">{describePlace(place.value, shard)}</p>
      {map.orders.length > 1 ? (
        <Move slot={slot} target={target} targets={targets} wanted={wanted} run={run} />
      ) : (
        <p class="hint">There is one order. Twice as many radiants form two orders, and then shards can move.</p>
      )}
      <div class="buttons">
        <button
          type="button"
          disabled={slot === undefined || slot === shard?.first}
          onClick={() => slot !== undefined && run({ kind: 'fracture', slot })}
        >
          Fracture here
        </button>
        <button
          type="button"
          disabled={shard === undefined || shard.first === 0}
          onClick={() => shard !== undefined && run({ kind: 'consolidate', slot: shard.first })}
        >
          Consolidate with previous
        </button>
      </div>
    </form>
  );
}

interface MoveProps extends Pick<FormProps, 'slot' | 'run'> {
  readonly targets: readonly OrderLine[];
  readonly target: OrderLine | undefined;
  readonly wanted: Signal<string>;
}

function Move({ slot, targets, target, wanted, run }: MoveProps) {
  if (target === undefined) return null;
  return (
    <div class="copy-row wraps">
      <label for="target" class="visually-hidden">
        Target order
      </label>
      <select
        id="target"
        value={target.id}
        onInput={({ currentTarget }) => {
          wanted.value = currentTarget.value;
        }}
      >
        {targets.map(({ id, name, slots }) => (
          <option key={id} value={id}>
            to order {name} ({counted(slots, 'slot')})
          </option>
        ))}
      </select>
      <button
        type="button"
        class="primary"
        disabled={slot === undefined}
        onClick={() => slot !== undefined && run({ kind: 'move', slot, to: target.id })}
      >
        Move
      </button>
    </div>
  );
}

function ChangeResults({ changes }: { readonly changes: ChangeLog }) {
  return (
    <ol class="results" aria-live="polite" aria-label="Changes, newest first">
      {changes.value.map(({ number, title, outcome }) => (
        <li key={number} class={`result ${outcome.kind}`} data-change={title} data-outcome={outcome.kind}>
          <b>{title}</b>
          {outcome.kind === 'under-way' && <p>Waiting for the bondsmith…</p>}
          {outcome.kind === 'done' && <p>{outcome.text}</p>}
          {outcome.kind === 'failed' && (
            <>
              <p>
                {outcome.words.headline} <code class="error-code">{outcome.words.code}</code>
              </p>
              <p class="detail">{outcome.words.detail}</p>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
