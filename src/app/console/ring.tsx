/** The picture of the ring, with the order of each shard and the moving shards. */
import { type ClusterMap, rangeOf, type ShardLine, shardAt } from './cluster-map.ts';
import { counted } from './counted.ts';
import { arcsOf, OWNER_BAND, placeOf, RING_SIZE, SOURCE_BAND } from './ring-shape.ts';

interface RingProps {
  readonly map: ClusterMap;
  readonly slot: number | undefined;
  readonly choose: (slot: number) => void;
}

export function Ring({ map, slot, choose }: RingProps) {
  const moving = map.shards.filter(({ source }) => source !== undefined);
  const chosen = slot === undefined ? undefined : shardAt(map, slot);
  const mark = slot === undefined ? undefined : placeOf(slot + 0.5, OWNER_BAND.outer + 6);
  return (
    <figure class="ring">
      <svg viewBox={`0 0 ${RING_SIZE} ${RING_SIZE}`} role="img" aria-label={describe(map)}>
        {arcsOf(map.shards, OWNER_BAND).map(({ shard, path }) => (
          <path
            key={shard.first}
            class={classesOf(shard, shard === chosen)}
            d={path}
            fill-rule="evenodd"
            onClick={() => choose(shard.first)}
          >
            <title>{titleOf(shard)}</title>
          </path>
        ))}
        {arcsOf(moving, SOURCE_BAND).map(({ shard, path }) => (
          <path key={shard.first} class={`arc source hue-${shard.source?.hue}`} d={path} fill-rule="evenodd" />
        ))}
        {mark !== undefined && <circle class="slot-mark" cx={mark.x} cy={mark.y} r={4} />}
        <text class="ring-number" x={RING_SIZE / 2} y={RING_SIZE / 2 + 4}>
          {map.number}
        </text>
        <text class="ring-caption" x={RING_SIZE / 2} y={RING_SIZE / 2 + 26}>
          configuration
        </text>
      </svg>
      <figcaption>
        {counted(map.shards.length, 'shard')} of 16,384 slots
        {moving.length > 0 && `; ${moving.length} moving, from the order of the inner arc`}
      </figcaption>
    </figure>
  );
}

function classesOf({ order, source }: ShardLine, isChosen: boolean): string {
  const classes = ['arc', `hue-${order.hue}`];
  if (source !== undefined) classes.push('moving');
  if (isChosen) classes.push('chosen');
  return classes.join(' ');
}

function titleOf(shard: ShardLine): string {
  const from = shard.source === undefined ? '' : `, moving from ${shard.source.name}`;
  return `Slots ${rangeOf(shard)}: order ${shard.order.name}${from}`;
}

function describe({ number, orders, moves }: ClusterMap): string {
  const parts = orders.map(
    ({ name, shards, slots }) => `order ${name} has ${counted(shards, 'shard')}, ${counted(slots, 'slot')}`,
  );
  const onTheWay = moves.length === 0 ? '' : `; ${counted(moves.length, 'shard')} moving`;
  return `The ring in configuration ${number}: ${parts.join('; ')}${onTheWay}.`;
}
