/** The shards that are on their way from one order to another, and how far each is. */
import type { MoveView } from '../../radiant/contract.ts';
import { type ClusterMap, type MoveLine, rangeOf } from './cluster-map.ts';
import { size } from './facts.tsx';
import { counted } from './ring.tsx';

/** More are counted. */
const SHOWN = 6;

export function Moves({ map }: { readonly map: ClusterMap }) {
  return (
    <div class="moves" role="status" aria-label="Shards on their way">
      {map.moves.length > 0 && <h3>{counted(map.moves.length, 'shard')} on the way</h3>}
      {map.moves.slice(0, SHOWN).map((move) => (
        <Move key={move.shard.first} move={move} />
      ))}
      {map.moves.length > SHOWN && <p class="hint">and {map.moves.length - SHOWN} more</p>}
    </div>
  );
}

function Move({ move: { shard, from, to, seen } }: { readonly move: MoveLine }) {
  return (
    <div class="move" data-shard={shard.first}>
      <p>
        Slots {rangeOf(shard)}: <code class={`name hue-${from.hue}`}>{from.name}</code> →{' '}
        <code class={`name hue-${to.hue}`}>{to.name}</code>
      </p>
      <progress aria-label={`Slots ${rangeOf(shard)}`} {...(seen?.stage === 'arrived' ? { value: 1 } : {})} />
      <p class="detail">{wordsForStage(seen)}</p>
    </div>
  );
}

/** What happens, and what it means for whoever reads and writes there. */
export function wordsForStage(seen: MoveView | undefined): string {
  if (seen === undefined) return 'Calls on it wait until it has arrived; all others go on.';
  const { direction, stage, chunks, bytes } = seen;
  const amount = chunks === 0 ? '' : ` (${counted(chunks, 'piece')}${bytes === 0 ? '' : `, ${size(bytes)}`})`;
  switch (stage) {
    case 'wanted':
      return direction === 'out'
        ? 'It is served where it is, until the new order asks for it.'
        : 'The new order asks for it.';
    case 'frozen':
      return `It is held still and handed out${amount}; calls on it wait.`;
    case 'arriving':
      return `It arrives${amount}; calls on it wait until all of it is here.`;
    case 'arrived':
      return 'It has arrived and is served; the bondsmith is being told.';
  }
}
