/** Removes each safeguard against stale lease reads in turn. The random schedules must detect each removal. */
import { expect, test } from 'vitest';
import { moduleWith } from '../sim/planted/planted-bug.ts';
import type * as Schedules from './lease-schedule.ts';

const SEEDS = 100;

const BUGS = [
  {
    name: 'a lease is valid while its leader leads',
    file: 'consensus/raft/reads.ts',
    find: ' && replica.lease.isValid(replica.tracker.membership)) {',
    replace: ') {',
  },
  {
    name: 'a lease lasts a whole election timeout',
    file: 'consensus/raft/lease.ts',
    find: 'Math.floor((electionTicks - 1) / 2)',
    replace: 'electionTicks',
  },
  {
    name: 'a lease begins when the answer comes',
    file: 'consensus/raft/lease.ts',
    find: '    this.#sentTicks.set(replica, sentTick);',
    replace: '    this.#sentTicks.set(replica, this.#now);',
  },
  {
    name: 'a lease outlives a gap in time',
    file: 'consensus/raft/lease.ts',
    find: '    this.#now += this.#length;',
    replace: '',
  },
  {
    name: 'a lease outlives a transfer',
    file: 'consensus/raft/election.ts',
    find: '  replica.lease.release();\n',
    replace: '',
  },
] as const;

test.each(BUGS.map((bug, number) => ({ ...bug, number })))(
  '$name: a read is stale',
  async ({ number, ...bug }) => {
    const { LeaseSchedule } = await moduleWith<typeof Schedules>(
      'test/consensus/lease-schedule.ts',
      `lease-${number}`,
      [bug],
    );
    const findsIt = (seed: number): boolean => {
      try {
        new LeaseSchedule(seed, 2).run();
        return false;
      } catch (error) {
        return String(error).includes('no read is stale');
      }
    };
    expect(Array.from({ length: SEEDS }, (_, at) => at + 1).some(findsIt)).toBe(true);
  },
  60_000,
);
