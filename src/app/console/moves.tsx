/** The list of moving shards, with their progress. */
import type { MoveView } from '../../radiant/contract.ts';
import { type ClusterMap, type MoveLine, rangeOf } from './cluster-map.ts';
import { size } from './facts.tsx';
import { counted } from './counted.ts';

/** Number of moves that are listed. Further moves are only counted. */
const SHOWN = 4;

export function Moves({ map }: { readonly map: ClusterMap }) {
  const stretches = stretchesOf(map.moves);
  return (
    <div class="moves">
      <p role="status" class="moves-head">
        {map.moves.length > 0 && `${counted(map.moves.length, 'shard')} moving`}
      </p>
      {stretches.slice(0, SHOWN).map((stretch) => (
        <Move key={stretch.first} stretch={stretch} />
      ))}
      {stretches.length > SHOWN && <p class="hint">and more; the ring shows them all</p>}
    </div>
  );
}

/** A run of adjacent shards with the same source and target. A shard with known progress has a line of its own. */
interface Stretch extends Pick<MoveLine, 'from' | 'to' | 'seen'> {
  readonly first: number;
  readonly last: number;
  readonly shards: number;
}

export function stretchesOf(moves: readonly MoveLine[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const { shard, from, to, seen } of moves) {
    const before = stretches.at(-1);
    const goesAlong =
      before !== undefined && before.last + 1 === shard.first && before.from === from && before.to === to;
    if (goesAlong && isAlike(before.seen, seen)) {
      stretches[stretches.length - 1] = { ...before, last: shard.last, shards: before.shards + 1 };
    } else {
      stretches.push({ first: shard.first, last: shard.last, shards: 1, from, to, seen });
    }
  }
  return stretches;
}

function isAlike(one: MoveView | undefined, other: MoveView | undefined): boolean {
  return one?.stage === other?.stage && one?.direction === other?.direction && !one?.chunks && !other?.chunks;
}

function Move({ stretch }: { readonly stretch: Stretch }) {
  const { from, to, seen, shards } = stretch;
  return (
    <div class="move" data-first={stretch.first}>
      <p>
        Slots {rangeOf(stretch)}
        {shards > 1 && `, ${counted(shards, 'shard')}`}: <code class={`name hue-${from.hue}`}>{from.name}</code> →{' '}
        <code class={`name hue-${to.hue}`}>{to.name}</code>
      </p>
      <progress aria-label={`Slots ${rangeOf(stretch)}`} {...(seen?.stage === 'arrived' ? { value: 1 } : {})} />
      <p class="detail">{wordsForStage(seen)}</p>
    </div>
  );
}

/** Describes the stage of a move, and its effect on reads and writes. */
function wordsForStage(seen: MoveView | undefined): string {
  if (seen === undefined) return 'Calls on it wait until it has arrived. All other calls continue.';
  const { direction, stage, chunks, bytes } = seen;
  const amount = chunks === 0 ? '' : ` (${counted(chunks, 'piece')}${bytes === 0 ? '' : `, ${size(bytes)}`})`;
  switch (stage) {
    case 'wanted':
      return direction === 'out'
        ? 'The old order serves it until the new order asks for it.'
        : 'The new order asks for it.';
    case 'frozen':
      return `It is frozen and being sent${amount}. Calls on it wait.`;
    case 'arriving':
      return `It is arriving${amount}. Calls on it wait until it is complete.`;
    case 'arrived':
      return 'It has arrived and is served. The bondsmith does not know yet.';
  }
}
