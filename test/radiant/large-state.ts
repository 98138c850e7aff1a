/** Three tabs with a state of many chunks, and an observer for its snapshots. */
import type { Frame, SnapshotBody } from '../../src/wire/frames/frame.ts';
import { put } from './calls.ts';
import { type SmallWorld, type Tab, threeTabs } from './small-world.ts';

export const CHECKPOINT_LOG_BYTES = 4_096;

export function tabsWithCheckpoints(seed = 1): SmallWorld {
  return threeTabs('raft', seed, { checkpointLogBytes: CHECKPOINT_LOG_BYTES });
}

export function herald(world: SmallWorld): Tab {
  const tab = world.herald();
  if (tab === undefined) throw new Error('there is no herald');
  return tab;
}

/** The tabs that follow the herald, sorted by name. */
export function followers(world: SmallWorld): [Tab, Tab] {
  const leading = world.herald();
  const [one, other] = [...world.tabs.values()].filter((tab) => tab !== leading);
  if (one === undefined || other === undefined) throw new Error('there are no two followers');
  return [one, other];
}

export function replicaOf(tab: Tab) {
  const replica = tab.radiant.view().orders[0]?.replica;
  if (replica === undefined) throw new Error(`tab ${tab.name} is no replica`);
  return replica;
}

export function digestOf(tab: Tab): string | undefined {
  const order = tab.radiant.view().orders[0]?.order;
  return order === undefined ? undefined : tab.radiant.digest(order);
}

/**
 * Puts `count` values under the keys `prefix0`, `prefix1` and so on, many at a time. Each value has `bytes` bytes, all
 * of them the same letter.
 */
export function fill(world: SmallWorld, name: string, count: number, bytes: number, prefix = 'k'): void {
  const { outcomes } = world.tab(name);
  for (let first = 0; first < count; first += 100) {
    const numbers = Array.from({ length: Math.min(100, count - first) }, (_, at) => first + at);
    const calls = numbers.map((number) => world.call(name, put(`${prefix}${number}`, valueOf(number, bytes))));
    world.until(() => calls.every((call) => outcomes.has(call)), 60_000);
    for (const call of calls) {
      if (outcomes.get(call)?.kind !== 'written') throw new Error('a value was not written');
    }
  }
}

export function valueOf(number: number, bytes: number): string {
  return `${number}:`.padEnd(bytes, String.fromCharCode(97 + (number % 26)));
}

/** Removes the links between a tab and all others. */
export function isolate(world: SmallWorld, name: string): void {
  for (const other of world.tabs.keys()) if (other !== name) world.unlink(name, other);
}

export function linkToAll(world: SmallWorld, name: string): void {
  for (const [other, { alive }] of world.tabs) if (other !== name && alive) world.link(name, other);
}

export function untilAlike(world: SmallWorld, patienceMs = 60_000): void {
  const living = () => [...world.tabs.values()].filter(({ alive }) => alive);
  world.until(() => {
    const tabs = living();
    return new Set(tabs.map((tab) => `${replicaOf(tab).applied}/${digestOf(tab)}`)).size === 1;
  }, patienceMs);
}

/** Records every frame that carries or requests a snapshot. Frames for which `isLost` returns true are lost. */
export function watchSnapshots(
  world: SmallWorld,
  isLost: (body: SnapshotBody) => boolean = () => false,
): SnapshotBody[] {
  const seen: SnapshotBody[] = [];
  world.loses = (_, __, { body }: Frame) => {
    if (!isSnapshotBody(body)) return false;
    seen.push(body);
    return isLost(body);
  };
  return seen;
}

export function isSnapshotBody(body: Frame['body']): body is SnapshotBody {
  return body.kind === 'snapshot-request' || body.kind === 'snapshot-chunk' || body.kind === 'snapshot-gone';
}
