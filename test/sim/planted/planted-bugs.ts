import { oneOrder } from '../one-order.ts';
import { often, type PlantedBug, type Replacement } from './planted-bug.ts';
import { COMPANION_BUGS } from './planted-companion-bugs.ts';
import { MEMBERSHIP_BUGS } from './planted-membership-bugs.ts';
import { SNAPSHOT_BUGS } from './planted-snapshot-bugs.ts';

/** Three tabs that stay open, all of which vote. */
const STEADY = oneOrder(3, 3, { meanMs: undefined, lateTabs: 0 });

/** A replacement that makes the cluster ignore what peers observed about a replica. */
const FORGOTTEN_BY_PEERS: Replacement = {
  file: 'cluster/seen-replicas.ts',
  find: '  if (seen.boot === beginning.boot) return false;\n',
  replace: '  return false;\n',
};

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a vote is not persisted',
    replacements: [
      {
        file: 'consensus/raft/persistence.ts',
        find: 'state: withState ? encodeRaftHardState(this.#hardState) : undefined,',
        replace: 'state: withState ? encodeRaftHardState({ ...this.#hardState, vote: undefined }) : undefined,',
      },
    ],
    breaks: ['a vote is durable before it is given', 'one vote in a term', 'election safety'],
    world: { cluster: STEADY, mix: often({ 'kill-herald': 3_000 }), faultsMs: 20_000 },
  },
  {
    name: 'a leader commits an entry of an older term by counting replicas',
    replacements: [
      {
        file: 'consensus/raft/replication.ts',
        find: 'if (index <= replica.log.committed || replica.log.termAt(index) !== replica.term) return false;',
        replace: 'if (index <= replica.log.committed) return false;',
      },
    ],
    breaks: ['a leader commits by its own term', 'leader completeness', 'state machine safety'],
    world: {
      cluster: STEADY,
      // Heralds change often, and followers lack more entries than fit into one message.
      mix: often({ 'kill-herald': 2_000, partition: 2_500, 'slow-disk': 1_500 }),
      workload: { bulkBytes: 200_000, bulkShare: 0.8, pauseMs: 200 },
      faultsMs: 12_000,
    },
  },
  {
    name: 'a put ignores its condition',
    replacements: [
      {
        file: 'store/slot-state.ts',
        find: '    if (condition !== undefined && !hasVersion(before, condition)) return CONFLICT;\n',
        replace: '',
      },
    ],
    breaks: ['linearizability'],
    world: { cluster: STEADY, mix: often({}), workload: { pauseMs: 100 }, faultsMs: 10_000 },
  },
  {
    name: 'a put that expects a missing key overwrites it',
    replacements: [
      {
        file: 'store/slot-state.ts',
        find: '  const current = stored?.versionstamp;\n',
        replace: '  const current = versionstamp && stored?.versionstamp;\n',
      },
    ],
    breaks: ['linearizability'],
    world: { cluster: STEADY, mix: often({}), workload: { pauseMs: 100 }, faultsMs: 10_000 },
  },
  {
    name: 'a read is served without ReadIndex',
    replacements: [
      {
        file: 'consensus/raft/reads.ts',
        find: '  replica.reads.add(request, replica.log.committed);\n  confirm(replica);',
        replace: '  grant(replica, { request, index: replica.log.committed });',
      },
    ],
    breaks: ['linearizability'],
    // A herald that thaws takes the calls of its tab before the messages of its successor.
    world: { cluster: STEADY, mix: often({ freeze: 2_000 }), workload: { pauseMs: 100 }, faultsMs: 15_000 },
  },
  {
    name: 'a retried command is applied again',
    replacements: [
      {
        file: 'store/key-value-store.ts',
        find: '    if (outcomeBefore !== undefined) return this.#resultOf(outcomeBefore, command);\n',
        replace: '',
      },
      {
        file: 'store/slot-state.ts',
        find: "    assert(!kept.has(sequence), 'a command takes effect once');\n",
        replace: '',
      },
    ],
    // With two outcomes of one command in its state, a replica cannot start again, so the retirement may be seen first.
    breaks: ['exactly once', 'linearizability', 'only a radiant that lost its memory is retired'],
    world: { cluster: STEADY, mix: often({ partition: 3_000, 'kill-herald': 5_000 }), faultsMs: 30_000 },
  },
  {
    name: 'a flush is acknowledged before it happened',
    replacements: [
      {
        file: 'radiant/replica/replica.ts',
        find: '    if (work.persist !== undefined) this.#writes.persist(work.persist);\n',
        replace: `    if (work.persist !== undefined) {
      this.#writes.persist(work.persist);
      this.consensus.persisted(work.persist.number);
    }
`,
      },
      {
        file: 'radiant/replica/replica.ts',
        find: '    this.consensus.persisted(number);\n',
        replace: '',
      },
    ],
    breaks: ['an entry is durable before it is acknowledged', 'a vote is durable before it is given', 'durability'],
    world: { cluster: STEADY, mix: often({ kill: 3_000 }), faultsMs: 10_000 },
  },
  {
    name: 'a wiped replica votes',
    replacements: [
      {
        file: 'storage/memory/memory-disk.ts',
        find: `      const file = this.#files.get(radiant);
      if (file === undefined) throw new StorageLostError(\`This device has no database of radiant \${radiant}.\`);
`,
        replace: `      let file = this.#files.get(radiant);
      if (file === undefined) {
        file = new Map();
        this.#files.set(radiant, file);
        const claim = firstClaim({ radiant, boot, device: radiant });
        write(file, [[IDENTITY_KEY, claim.sealedIdentity]]);
        return this.#connect(file, claim, new Map());
      }
`,
      },
      FORGOTTEN_BY_PEERS,
    ],
    breaks: ['a radiant that lost its memory never votes or acknowledges'],
    world: { cluster: STEADY, mix: often({ wipe: 4_000, 'kill-herald': 4_000 }), faultsMs: 30_000 },
  },
  {
    name: 'a rolled-back replica votes',
    replacements: [FORGOTTEN_BY_PEERS],
    breaks: [
      'a radiant that lost its memory never votes or acknowledges',
      'a radiant that lost its memory is retired',
      'one vote in a term',
    ],
    world: { cluster: STEADY, mix: often({ 'roll-back': 4_000 }), faultsMs: 30_000 },
  },
  {
    name: 'a replica that lost nothing is retired',
    replacements: [
      {
        file: 'consensus/contract.ts',
        find: '  return atStart.index < seen.committedIndex;\n',
        replace: '  return atStart.index <= seen.committedIndex;\n',
      },
    ],
    breaks: ['only a radiant that lost its memory is retired', 'no invariant breaks'],
    world: { cluster: STEADY, mix: often({ kill: 3_000 }), faultsMs: 10_000 },
  },
  {
    name: 'a follower keeps entries that its leader does not have',
    replacements: [
      {
        file: 'consensus/raft/log.ts',
        find: '    const news = entries.findIndex((entry) => !this.holds(entry));',
        replace: '    const news = entries.findIndex((entry) => entry.index > this.last.index);',
      },
    ],
    breaks: [
      "an acknowledged entry is the leader's entry",
      'log matching',
      'state machine safety',
      'leader completeness',
    ],
    world: {
      cluster: STEADY,
      mix: often({ 'kill-herald': 2_000, partition: 2_500, 'slow-disk': 1_500 }),
      faultsMs: 20_000,
    },
  },
  {
    name: 'a new leader answers reads before it has committed in its term',
    replacements: [
      {
        file: 'consensus/raft/reads.ts',
        find: '  if (!replica.committedInTerm) {\n    replica.reads.postponed.push(request);\n    return;\n  }\n',
        replace: '',
      },
    ],
    breaks: ['linearizability', 'versionstamps follow real time'],
    world: { cluster: STEADY, mix: often({ 'slow-disk': 1_500, 'kill-herald': 3_000 }), faultsMs: 30_000 },
  },
  ...MEMBERSHIP_BUGS,
  ...COMPANION_BUGS,
  ...SNAPSHOT_BUGS,
];
