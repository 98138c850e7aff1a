import type { PlantedBug, PlantedWorld } from './planted-bug.ts';

const HANGING: PlantedWorld = { faults: 'disk-hangs', faultsMs: 20_000 };

export const DISK_BUGS: readonly PlantedBug[] = [
  {
    name: 'a herald with a hanging write continues to lead',
    replacements: [
      {
        file: 'radiant/radiant.ts',
        find: "    if (this.#stage === 'running' && this.#components.writer.isHung) this.#stepDown(this.#storageHung());\n",
        replace: '',
      },
    ],
    breaks: ['orders with working disks make progress'],
    world: HANGING,
  },
  {
    name: 'storage accepts a write of an older boot',
    replacements: [
      {
        file: 'storage/memory/memory-disk.ts',
        find: '      if (refusal !== undefined) throw refusal;\n',
        replace: '',
      },
    ],
    breaks: ['a write of an older boot fails'],
    world: HANGING,
  },
];
