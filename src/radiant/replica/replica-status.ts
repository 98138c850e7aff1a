/** Where a replica stands in its order, as of when all that could be done was done last; and what is new in that. */
import type { Participation } from '../../cluster/member-list.ts';
import type { Consensus, ConsensusStatus } from '../../consensus/contract.ts';
import type { MemberList } from '../../wire/frames/frame.ts';
import type { OrderId, ReplicaId } from '../../wire/identifiers.ts';
import type { Roster } from '../../wire/configuration/roster.ts';
import type { ReplicaProgress, ReplicaView } from '../contract.ts';
import { HeraldSilence } from '../herald/herald-silence.ts';
import type { OrderState } from './order-state.ts';
import { OwnMemberList } from './own-member-list.ts';

export interface ReplicaStatusOptions {
  readonly id: OrderId;
  readonly replica: ReplicaId;
  readonly consensus: Consensus;
  readonly state: OrderState;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** What people see of it. */
export type ReplicaStatusView = ReplicaProgress &
  Pick<ReplicaView, 'target' | 'companion' | 'lastIndex' | 'flushed' | 'heraldSilenceMs'>;

export interface ReplicaStatusChange {
  /** It led until now, and leads no more, or in another term. */
  readonly steppedDown: boolean;
  /** Another role, another leader, other members, or another companion. */
  readonly isNew: boolean;
}

export class ReplicaStatus {
  readonly #options: ReplicaStatusOptions;
  readonly #memberList: OwnMemberList;
  readonly #heraldSilence = new HeraldSilence();
  #status: ConsensusStatus;
  #companion: Roster['companion'];
  /** As it was told last. */
  #progress: ReplicaProgress | undefined;

  constructor(options: ReplicaStatusOptions) {
    const { id, consensus, state } = options;
    this.#options = options;
    this.#status = consensus.status();
    this.#companion = state.roster.companion;
    this.#memberList = new OwnMemberList(id, state.applied, state.roster, participationIn(this.#status));
  }

  get status(): ConsensusStatus {
    return this.#status;
  }

  /** Who belongs to the order, as of what is applied here. */
  get memberList(): MemberList {
    return this.#memberList.list;
  }

  heard(from: ReplicaId): void {
    this.#heraldSilence.heard(from, this.#options.nowMs());
  }

  note(): ReplicaStatusChange {
    const { consensus, state, nowMs } = this.#options;
    const before = this.#status;
    const now = consensus.status();
    const { companion } = state.roster;
    const isOther = this.#memberList.note(state.applied, state.roster, participationIn(now));
    const isNewTerm = now.term !== before.term;
    const isNewLeader = now.role !== before.role || now.leader !== before.leader;
    const isNew = isNewTerm || isNewLeader || isOther || companion !== this.#companion;
    this.#status = now;
    this.#companion = companion;
    state.countTime(now.role === 'leader', nowMs());
    this.#heraldSilence.follow(now.role === 'leader' ? undefined : now.leader, now.term, nowMs());
    return { steppedDown: before.role === 'leader' && (now.role !== 'leader' || isNewTerm), isNew };
  }

  view(): ReplicaStatusView {
    const { consensus, state, replica } = this.#options;
    const { role, term, committed, lastIndex } = consensus.status();
    const { number, isReached, companion } = state.roster;
    const { applied } = state;
    const flushed = consensus.position();
    const heraldSilenceMs = this.#heraldSilence.longestMs;
    const target = { number, isReached };
    return { replica, target, companion, role, term, committed, applied, lastIndex, flushed, heraldSilenceMs };
  }

  progress(): ReplicaProgress {
    const { role, term, committed } = this.#options.consensus.status();
    const { applied } = this.#options.state;
    const latest = this.#progress;
    const isNew =
      latest?.role !== role || latest.term !== term || latest.committed !== committed || latest.applied !== applied;
    if (!isNew) return latest;
    this.#progress = { replica: this.#options.replica, role, term, committed, applied };
    return this.#progress;
  }
}

function participationIn({ membership, outgoingVoters }: ConsensusStatus): Participation {
  const { voters, learners } = membership;
  return { voters, learners, outgoingVoters };
}
