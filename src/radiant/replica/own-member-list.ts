/** What a replica tells everyone of its order's members: made anew where the log changed them, not with every entry. */
import { memberListOf, type Participation, saysTheSame } from '../../cluster/member-list.ts';
import type { MemberList } from '../../wire/frames/frame.ts';
import type { LogIndex, OrderId } from '../../wire/identifiers.ts';
import type { Roster } from '../../wire/configuration/roster.ts';

export class OwnMemberList {
  #list: MemberList;
  #roster: Roster;
  #participation: Participation;

  constructor(group: OrderId, index: LogIndex, roster: Roster, participation: Participation) {
    this.#list = memberListOf(group, index, roster, participation);
    this.#roster = roster;
    this.#participation = participation;
  }

  get list(): MemberList {
    return this.#list;
  }

  /**
   * Takes in where the replica stands now.
   * @returns whether the list says something else of anyone
   */
  note(index: LogIndex, roster: Roster, participation: Participation): boolean {
    const { group, nextReplica, members } = this.#list;
    if (roster === this.#roster && areSame(participation, this.#participation)) {
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

/** An algorithm hands the same lists out until they change. */
function areSame(one: Participation, other: Participation): boolean {
  return one.voters === other.voters && one.learners === other.learners && one.outgoingVoters === other.outgoingVoters;
}
