import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObservedRadiant } from '../../src/sim/world/observer.ts';
import type { RunningRadiant } from '../../src/sim/world/running-radiant.ts';
import { orderOf, World } from '../../src/sim/world/world.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import type { LinkId } from '../../src/wire/identifiers.ts';
import { contentOf, damaged, errorOf, FUZZ_RUNS, hostileFrame, sealFrame } from '../wire/frame-mutation.ts';

const MIB = 1_048_576;
const BATCH = 500;
const encoder = new TextEncoder();

function collectedHeapBytes(): number {
  setFlagsFromString('--expose-gc');
  // The garbage is collected twice, because objects that the first collection frees may have kept others alive.
  runInNewContext('gc(); gc()');
  return process.memoryUsage().heapUsed;
}

/**
 * A formed cluster of three tabs with a few values. It has recorded frames of every kind that went to the third tab's
 * radiant.
 */
class Target {
  readonly world: World;
  readonly overheard: Uint8Array[] = [];

  constructor(seed: number) {
    this.world = new World({ seed, observers: [{ sent: (_from: ObservedRadiant, bytes) => this.#overhear(bytes) }] });
    this.world.form();
    for (const host of this.world.hosts) {
      const key = encoder.encode(host.name);
      this.world.callAndWait(host, { kind: 'write', operation: { kind: 'put', key, value: key } });
      this.world.callAndWait(host, { kind: 'get', key });
    }
    this.world.runFor(2_000);
  }

  get radiant(): RunningRadiant {
    const [radiant] = this.world.host(3).radiants;
    if (radiant === undefined) throw new Error('the target stopped');
    return radiant;
  }

  get digest(): string | undefined {
    const order = orderOf(this.world.host(3))?.order;
    return order === undefined ? undefined : this.radiant.digest(order);
  }

  get refused(): number {
    return Object.values(this.radiant.view().refusedFrames).reduce((sum, count) => sum + count, 0);
  }

  /** Delivers the frames to the radiant while virtual time advances. */
  receive(frames: readonly Uint8Array[]): void {
    const links: readonly LinkId[] = this.radiant.view().neighbours.map(({ link }) => link);
    frames.forEach((bytes, at) => {
      const link = links[at % links.length];
      if (link !== undefined) this.radiant.handle({ kind: 'transport', event: { kind: 'frame', link, bytes } });
    });
    this.world.runFor(100);
  }

  #overhear(bytes: Uint8Array): void {
    const [radiant] = this.world.host(3).radiants;
    if (radiant !== undefined && decodeFrame(bytes).receiver === radiant.radiant && this.overheard.length < 400) {
      this.overheard.push(bytes);
    }
  }
}

/** Frames of this cluster that were damaged. Their checksums are correct or wrong. */
function hostileTo(target: Target): fc.Arbitrary<Uint8Array> {
  const own = fc.constantFrom(...target.overheard);
  const misread = damaged(own.map(contentOf)).map(sealFrame);
  return fc.oneof(
    { arbitrary: hostileFrame, weight: 2 },
    { arbitrary: damaged(own).filter((bytes) => errorOf(() => decodeFrame(bytes)) !== undefined), weight: 1 },
    { arbitrary: misread.filter((bytes) => errorOf(() => decodeFrame(bytes)) !== undefined), weight: 1 },
  );
}

test(`${FUZZ_RUNS} hostile frames are refused and counted, and change neither state nor memory`, {
  timeout: 600_000,
}, () => {
  const target = new Target(1);
  const { digest } = target;
  const term = orderOf(target.world.host(3))?.replica?.term;
  const frames = hostileTo(target);
  const batch = (number: number): readonly Uint8Array[] => fc.sample(frames, { numRuns: BATCH, seed: number });
  // Memory is measured after warm-up, when code is compiled and caches are filled.
  for (let number = 1; number <= 4; number++) target.receive(batch(-number));
  const refusedBefore = target.refused;
  const heapBefore = collectedHeapBytes();
  const batches = Math.ceil(FUZZ_RUNS / BATCH);
  for (let number = 1; number <= batches; number++) target.receive(batch(number));
  expect(collectedHeapBytes() - heapBefore).toBeLessThan(MIB);
  expect(target.refused - refusedBefore).toBe(batches * BATCH);
  expect(target.digest).toBe(digest);
  expect(orderOf(target.world.host(3))?.replica?.term).toBe(term);
  const outcome = target.world.callAndWait(target.world.host(3), { kind: 'get', key: encoder.encode('tab1') });
  expect(outcome.kind).toBe('value');
});
