/** Leader: the snapshot that the order's replicas are offered, in Raft's terms. */
import { assert } from '../../wire/assertion.ts';
import { asLogIndex, type LogIndex } from '../../wire/identifiers.ts';
import type { RaftSnapshot } from '../../wire/raft/message.ts';
import type { ConsensusOptions } from '../contract.ts';
import type { RaftLog } from './log.ts';
import type { MembershipHistory } from './membership-history.ts';
import type { Replica } from './replica.ts';

/** Undefined: there is none right now from which the log could go on. */
export function offeredSnapshot(
  log: RaftLog,
  memberships: MembershipHistory,
  ask: ConsensusOptions['snapshot'],
): RaftSnapshot | undefined {
  const base = log.firstIndex - 1;
  const offer = ask(asLogIndex(base));
  if (offer === undefined || offer.index < base) return undefined;
  const { index, description } = offer;
  assert(index <= log.applied, 'a snapshot holds nothing that is not applied');
  const term = log.termAt(index);
  assert(term !== undefined, 'the log knows every place from its beginning on');
  return { index, term, membership: memberships.at(index), payload: description };
}

/** See `Consensus.bringsUp`. Whoever is silent counts, too: it may be heard of again at any moment. */
export function bringsUp({ role, tracker }: Replica, offered: LogIndex, through: LogIndex): boolean {
  if (role !== 'leader') return false;
  return tracker.members.some(({ state, match }) => state === 'snapshot' || (match >= offered && match < through));
}
