/** Rules for a single replica that leads, stands for election, or writes a checkpoint. */
import type { ReplicaId } from '../../../wire/identifiers.ts';
import type { RaftMembership } from '../../../wire/raft/message.ts';
import { check } from '../../violation.ts';
import { describeMembership, isVoter } from './membership-model.ts';
import type { OrderHistory } from './order-history.ts';
import type { Part } from './part.ts';
import type { Manifest } from '../manifest.ts';
import type { RecordUpdate } from './replica-record.ts';

/** Checks that a leader never overwrites an entry of its own term. */
export function checkAppendOnly(
  { issued, leading }: Part,
  { from }: RecordUpdate,
  before: { readonly lastIndex: number; readonly lastTerm: number },
): void {
  const isRewritten = from !== undefined && from <= before.lastIndex;
  check(
    !isRewritten || leading === undefined || before.lastTerm < leading || issued.lastTerm > leading,
    'leader append-only',
    () => `replica ${issued.replica} leads term ${leading} and rewrites its log from ${from}`,
  );
}

/**
 * Checks the index of a checkpoint. A replica's own checkpoint covers only applied entries. A fetched checkpoint covers
 * more than the replica has applied.
 */
export function checkManifest(
  part: Part,
  history: OrderHistory,
  manifest: Manifest,
  { isInstall }: RecordUpdate,
): void {
  const { replica } = part.issued;
  if (replica === undefined) return;
  check(
    isInstall ? manifest.index >= part.applied : manifest.index <= part.applied,
    isInstall ? 'an applied entry stays applied' : 'a checkpoint covers only applied entries',
    () => `replica ${replica} has applied ${part.applied} entries, and writes the state at ${manifest.index}`,
  );
  history.isCheckpointed(replica, manifest);
}

/** Checks that a leader stops leading when it is no longer a voter. */
export function checkLeader(replica: ReplicaId, term: number, membership: RaftMembership | undefined): void {
  check(
    membership !== undefined && isVoter(membership, replica),
    'only a voter leads',
    () => `replica ${replica} leads term ${term} in ${membership === undefined ? '' : describeMembership(membership)}`,
  );
}

/** Checks that a candidate is a voter by the latest membership in its log or the one before. */
export function checkCandidate({ issued, applied }: Part, replica: ReplicaId, membership: RaftMembership): void {
  check(
    isVoter(membership, replica),
    'only a voter stands for election',
    () => `replica ${replica} stands in ${describeMembership(membership)}`,
  );
  const unapplied = issued.log.changes.filter((index) => index > applied);
  check(
    unapplied.length <= 1,
    'a candidate counts votes by the latest membership or the one before',
    () => `replica ${replica} has applied ${applied} entries, and holds changes at ${unapplied.join(' ')}`,
  );
}
