/** The hash ring as geometric shapes. Each shard is an arc, clockwise from the top. Pure. */
import { SLOT_COUNT } from '../../wire/identifiers.ts';
import type { ShardLine } from './cluster-map.ts';

interface RingArc {
  readonly shard: ShardLine;
  /** The outline of the arc, as an SVG path. */
  readonly path: string;
}

export const RING_SIZE = 320;
const CENTRE = RING_SIZE / 2;
/** Gap between two shards. The gap shrinks with the number of shards, so that every arc stays visible. */
const GAP_DEGREES = 0.9;

interface Band {
  readonly inner: number;
  readonly outer: number;
}

/** The band of the order that serves the shard or will serve it. */
export const OWNER_BAND: Band = { inner: 108, outer: 150 };
/** The band of the order that a moving shard comes from. */
export const SOURCE_BAND: Band = { inner: 90, outer: 102 };

export function arcsOf(shards: readonly ShardLine[], band: Band): readonly RingArc[] {
  return shards.map((shard) => ({ shard, path: arcPath(shard.first, shard.last + 1, band) }));
}

/** Position of a mark outside of the ring, such as the mark of the chosen slot. */
export function placeOf(slot: number, radius: number): { readonly x: number; readonly y: number } {
  return pointAt(angleOf(slot), radius);
}

function arcPath(first: number, next: number, { inner, outer }: Band): string {
  if (next - first === SLOT_COUNT) return `${circle(outer, 1)} ${circle(inner, 0)}`;
  const width = ((next - first) / SLOT_COUNT) * 360;
  const gap = Math.min(GAP_DEGREES, width / 4) / 2;
  const [from, to] = [angleOf(first) + gap, angleOf(next) - gap];
  const isLarge = to - from > 180 ? 1 : 0;
  const [a, b, c, d] = [pointAt(from, outer), pointAt(to, outer), pointAt(to, inner), pointAt(from, inner)];
  return (
    `M${spot(a)} A${outer} ${outer} 0 ${isLarge} 1 ${spot(b)} ` +
    `L${spot(c)} A${inner} ${inner} 0 ${isLarge} 0 ${spot(d)} Z`
  );
}

/** The path of a circle. It has two halves, because an SVG arc cannot end where it begins. */
function circle(radius: number, sweep: 0 | 1): string {
  const half = (y: number) => `A${radius} ${radius} 0 1 ${sweep} ${CENTRE} ${y}`;
  return `M${CENTRE} ${CENTRE - radius} ${half(CENTRE + radius)} ${half(CENTRE - radius)} Z`;
}

function angleOf(slot: number): number {
  return (slot / SLOT_COUNT) * 360;
}

function pointAt(degrees: number, radius: number): { readonly x: number; readonly y: number } {
  const radians = ((degrees - 90) * Math.PI) / 180;
  return { x: CENTRE + radius * Math.cos(radians), y: CENTRE + radius * Math.sin(radians) };
}

function spot({ x, y }: { readonly x: number; readonly y: number }): string {
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}
