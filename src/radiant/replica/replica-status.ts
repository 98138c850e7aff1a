/** A replica's role, leader and members, and which of these changed. */
import { memberListOf, type Participation, saysTheSame } from '../../cluster/member-list.ts';
import type { Consensus, ConsensusStatus } from '../../consensus/contract.ts';
import type { Roster } from '../../wire/configuration/roster.ts';
import type { MemberList } from '../../wire/frames/frame.ts';
import type { LogIndex, OrderId, ReplicaId } from '../../wire/identifiers.ts';
import type { ReadableClock } from '../clock.ts';
import type { ReplicaProgress, ReplicaView } from '../contract.ts';
import { HeartbeatGap } from './heartbeat-gap.ts';
import type { OrderState } from './order-state.ts';

interface StatusSource {
  readonly order: OrderId;
  readonly id: ReplicaId;
  readonly consensus: Consensus;
  readonly state: OrderState;
}

type ReplicaStatusView = ReplicaProgress &
  Pick<ReplicaView, 'target' | 'companion' | 'lastIndex' | 'flushed' | 'openTransactions' | 'heraldSilenceMs'>;

interface ReplicaStatusChange {
  /** Whether the replica led until now, and leads no longer or in another term. */
  readonly steppedDown: boolean;
  /** Whether others see another role, leader, term, companion, or other members. */
  readonly isVisible: boolean;
}

export class ReplicaStatus {
  /** The status at the last call of `note`. */
  current: ConsensusStatus;
  readonly #replica: StatusSource;
  readonly #clock: ReadableClock;
  readonly #heartbeatGap = new HeartbeatGap();
  #roster: Roster;
  #members: MemberList;
  /** The index up to which the log was applied at the last call of `note`. */
  #applied: LogIndex;
  /** The object that `progress` returned last. Callers compare it by identity. */
  #progress: ReplicaProgress | undefined;

  constructor(replica: StatusSource, clock: ReadableClock) {
    const { order, consensus, state } = replica;
    this.#replica = replica;
    this.#clock = clock;
    this.current = consensus.status();
    this.#roster = state.roster;
    this.#applied = state.applied;
    this.#members = memberListOf(order, state.applied, state.roster, participationIn(this.current));
  }

  /**
   * The members of the order as of the applied log. The list of members stays the same object until the members change.
   */
  memberList(): MemberList {
    if (this.#members.index !== this.#applied) this.#members = { ...this.#members, index: this.#applied };
    return this.#members;
  }

  /** Notes a message of the leader. */
  heard(from: ReplicaId): void {
    this.#heartbeatGap.heard(from, this.#clock.nowMs);
  }

  /** Notes the current status. Usually only the indexes have grown, which is no change. */
  note(): ReplicaStatusChange | undefined {
    const { consensus, state } = this.#replica;
    const [before, now] = [this.current, consensus.status()];
    this.current = now;
    this.#applied = state.applied;
    const isSame =
      now.term === before.term &&
      now.role === before.role &&
      now.leader === before.leader &&
      now.membership.voters === before.membership.voters &&
      now.membership.learners === before.membership.learners &&
      now.outgoingVoters === before.outgoingVoters &&
      state.roster === this.#roster;
    return isSame ? undefined : this.#change(before, now);
  }

  #change(before: ConsensusStatus, now: ConsensusStatus): ReplicaStatusChange {
    const { order, state } = this.#replica;
    const isOtherCompanion = state.roster.companion !== this.#roster.companion;
    const members = memberListOf(order, state.applied, state.roster, participationIn(now));
    const isOther = !saysTheSame(this.#members, members);
    this.#members = isOther ? members : { ...members, members: this.#members.members };
    this.#roster = state.roster;
    const isNewTerm = now.term !== before.term;
    const isNewLeader = now.role !== before.role || now.leader !== before.leader;
    const isLeader = now.role === 'leader';
    const { nowMs } = this.#clock;
    if (isLeader) state.logClock.lead(now.term, nowMs);
    else state.logClock.follow();
    this.#heartbeatGap.follow(isLeader ? undefined : now.leader, now.term, nowMs);
    const steppedDown = before.role === 'leader' && (!isLeader || isNewTerm);
    return { steppedDown, isVisible: isNewTerm || isNewLeader || isOther || isOtherCompanion };
  }

  view(): ReplicaStatusView {
    const { consensus, state, id: replica } = this.#replica;
    const { role, term, committed, lastIndex } = consensus.status();
    const { number, isReached, companion } = state.roster;
    const { applied, openTransactions } = state;
    const flushed = consensus.position();
    const heraldSilenceMs = this.#heartbeatGap.longestMs;
    const target = { number, isReached };
    const progress = { replica, role, term, committed, applied, lastIndex, flushed };
    return { ...progress, target, companion, openTransactions, heraldSilenceMs };
  }

  progress(): ReplicaProgress {
    const { consensus, state, id: replica } = this.#replica;
    const { role, term, committed } = consensus.status();
    const { applied } = state;
    const latest = this.#progress;
    const isNew =
      latest?.role !== role || latest.term !== term || latest.committed !== committed || latest.applied !== applied;
    if (!isNew) return latest;
    this.#progress = { replica, role, term, committed, applied };
    return this.#progress;
  }
}

function participationIn({ membership, outgoingVoters }: ConsensusStatus): Participation {
  const { voters, learners } = membership;
  return { voters, learners, outgoingVoters };
}
