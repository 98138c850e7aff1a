/** A world of three tabs that write continuously, for tests in which a disk hangs. */
import type { SimulatedHost } from '../../src/sim/world/host.ts';
import type { RunningRadiant } from '../../src/sim/world/running-radiant.ts';
import { World } from '../../src/sim/world/world.ts';

const key = new TextEncoder().encode('k');

export function threeTabs(seed = 1): World {
  const world = new World({ seed });
  world.form();
  const write = (): void => {
    for (const host of world.hosts) {
      if (host.isReady) host.call({ kind: 'write', operation: { kind: 'put', key, value: key } }, () => undefined);
    }
    world.timeline.after(200, write);
  };
  write();
  return world;
}

export function runningRadiant(host: SimulatedHost | undefined): RunningRadiant {
  const radiant = host?.radiants[0];
  if (radiant === undefined) throw new Error('a tab that runs a radiant');
  return radiant;
}
