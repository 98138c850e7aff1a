import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import type { Consensus } from '../../src/consensus/contract.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { decodeRaftMessage, encodeRaftMessage } from '../../src/wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftMessage } from '../../src/wire/raft/message.ts';

const VOTERS = [1, 2, 3].map(asReplicaId);
const NO_BYTES = new Uint8Array(0);

function follower(): Consensus {
  return raft.create({
    replica: asReplicaId(3),
    firstMembership: { voters: VOTERS, learners: [] },
    durable: { state: undefined, compactionPoint: undefined, log: { firstIndex: asLogIndex(1), entries: [] } },
    random: () => 0,
    heartbeatTicks: 2,
    electionTicks: 16,
    snapshot: () => undefined,
  });
}

/** An encoded append message with one entry of this term at index 1. */
function append(leader: number, term: number): Uint8Array {
  const index = asLogIndex(1);
  return encodeRaftMessage({
    ...EMPTY_RAFT_MESSAGE,
    type: 'append',
    from: asReplicaId(leader),
    to: asReplicaId(3),
    term,
    entries: [{ term, index, kind: 'normal', payload: NO_BYTES }],
  });
}

function said(consensus: Consensus): readonly Pick<RaftMessage, 'type' | 'to' | 'term' | 'index'>[] {
  return (consensus.take()?.messages ?? []).map(({ message }) => {
    const { type, to, term, index } = decodeRaftMessage(message);
    return { type, to, term, index };
  });
}

test('an entry that a later leader replaces before its flush is never acknowledged', () => {
  const consensus = follower();
  const born = consensus.take()?.persist;
  consensus.receive(asReplicaId(1), append(1, 2));
  const first = consensus.take()?.persist;
  consensus.receive(asReplicaId(2), append(2, 3));
  const second = consensus.take()?.persist;
  if (born === undefined || first === undefined || second === undefined) throw new Error('each of them is written');
  // One flush covers all three batches. The entry of the first leader never reaches the disk.
  for (const { number } of [born, first, second]) consensus.persisted(number);
  expect(said(consensus)).toEqual([{ type: 'append-response', to: asReplicaId(2), term: 3, index: asLogIndex(1) }]);
});
