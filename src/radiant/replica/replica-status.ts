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
  Pick<ReplicaView, 'target' | 'companion' | 'lastIndex' | 'flushed' | 'heraldSilenceMs'>;

interface ReplicaStatusChange {
  /** The replica led until now, and leads no longer or in another term. */
  readonly steppedDown: boolean;
  /** The role, the leader, the members or the companion changed. */
  readonly isNew: boolean;
}

export class ReplicaStatus {
  readonly #replica: StatusSource;
  readonly #clock: ReadableClock;
  readonly #memberList: CachedMemberList;
  readonly #heartbeatGap = new HeartbeatGap();
  #status: ConsensusStatus;
  #companion: Roster['companion'];
  /** The object that `progress` returned last: callers compare by identity. */
  #progress: ReplicaProgress | undefined;

  constructor(replica: StatusSource, clock: ReadableClock) {
    const { order, consensus, state } = replica;
    this.#replica = replica;
    this.#clock = clock;
    this.#status = consensus.status();
    this.#companion = state.roster.companion;
    this.#memberList = new CachedMemberList(order, state.applied, state.roster, participationIn(this.#status));
  }

  get status(): ConsensusStatus {
    return this.#status;
  }

  /** The members of the order as of the applied log. */
  get memberList(): MemberList {
    return this.#memberList.list;
  }

  heard(from: ReplicaId): void {
    this.#heartbeatGap.heard(from, this.#clock.nowMs);
  }

  note(): ReplicaStatusChange {
    const { consensus, state } = this.#replica;
    const before = this.#status;
    const now = consensus.status();
    const { companion } = state.roster;
    const isOther = this.#memberList.note(state.applied, state.roster, participationIn(now));
    const isNewTerm = now.term !== before.term;
    const isNewLeader = now.role !== before.role || now.leader !== before.leader;
    const isNew = isNewTerm || isNewLeader || isOther || companion !== this.#companion;
    this.#status = now;
    this.#companion = companion;
    const isLeader = now.role === 'leader';
    const { nowMs } = this.#clock;
    state.countTime(isLeader, nowMs);
    this.#heartbeatGap.follow(isLeader ? undefined : now.leader, now.term, nowMs);
    return { steppedDown: before.role === 'leader' && (!isLeader || isNewTerm), isNew };
  }

  view(): ReplicaStatusView {
    const { consensus, state, id: replica } = this.#replica;
    const { role, term, committed, lastIndex } = consensus.status();
    const { number, isReached, companion } = state.roster;
    const { applied } = state;
    const flushed = consensus.position();
    const heraldSilenceMs = this.#heartbeatGap.longestMs;
    const target = { number, isReached };
    return { replica, target, companion, role, term, committed, applied, lastIndex, flushed, heraldSilenceMs };
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

/** The member list of a replica. It is built again only if the log changed it, because every entry asks for it. */
class CachedMemberList {
  #list: MemberList;
  #roster: Roster;
  #participation: Participation;

  constructor(order: OrderId, index: LogIndex, roster: Roster, participation: Participation) {
    this.#list = memberListOf(order, index, roster, participation);
    this.#roster = roster;
    this.#participation = participation;
  }

  get list(): MemberList {
    return this.#list;
  }

  /** @returns whether the list changed for any member */
  note(index: LogIndex, roster: Roster, participation: Participation): boolean {
    const { group, nextReplica, members } = this.#list;
    if (roster === this.#roster && isSame(participation, this.#participation)) {
      if (index !== this.#list.index) this.#list = { group, index, nextReplica, members };
      return false;
    }
    const list = memberListOf(group, index, roster, participation);
    const isOther = !saysTheSame(this.#list, list);
    this.#list = isOther ? list : { ...list, members };
    this.#roster = roster;
    this.#participation = participation;
    return isOther;
  }
}

/** By identity: an algorithm returns the same lists until they change. */
function isSame(one: Participation, other: Participation): boolean {
  return one.voters === other.voters && one.learners === other.learners && one.outgoingVoters === other.outgoingVoters;
}

function participationIn({ membership, outgoingVoters }: ConsensusStatus): Participation {
  const { voters, learners } = membership;
  return { voters, learners, outgoingVoters };
}
