/** Runs transcripts of membership changes on one membership and its progress. */
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import {
  changeSimply,
  type ChangeOutcome,
  type ChangeRejection,
  enterJoint,
  leaveJoint,
} from '../../src/consensus/raft/membership-change.ts';
import { Tracker } from '../../src/consensus/raft/tracker.ts';
import { asReplicaId } from '../../src/wire/identifiers.ts';
import type { ReplicaChange } from '../../src/wire/raft/message.ts';
import { describeMembership, describeProgress, kindOfChange, parseChanges } from './description.ts';
import { Arguments, type Directive } from './directives.ts';

const REFUSALS: Readonly<Record<ChangeRejection, string>> = {
  'already-joint': 'config is already joint',
  'not-joint': "can't leave a non-joint config",
  'no-voters': "can't make a zero-voter config joint",
  'joint-must-be-left-first': "can't apply simple config change in joint config",
  'removes-all-voters': 'removed all voters',
  'changes-several-voters': 'more than one voter changed without entering joint config',
};

export const CONFCHANGE_COMMANDS: readonly string[] = ['simple', 'enter-joint', 'leave-joint'];

export class ConfchangeRun {
  readonly #tracker = new Tracker(simpleMembership([], []), 1, { messages: 10, bytes: Number.POSITIVE_INFINITY });
  /** Index of the log's last entry. Each command adds one entry. */
  #lastIndex = 0;

  run(directive: Directive): string {
    const given = new Arguments(directive);
    const outcome = this.#change(directive, given);
    given.finish();
    const next = Math.max(1, this.#lastIndex++);
    if (outcome.kind === 'rejected') return `${REFUSALS[outcome.reason]}\n`;
    this.#tracker.changeTo(outcome.membership, outcome.joined, next);
    return `${describeMembership(this.#tracker.membership)}\n${describeProgress(this.#tracker.members)}`;
  }

  #change(directive: Directive, given: Arguments): ChangeOutcome {
    // Replica 0 stands for a rejected change, which is left out.
    const changes = parseChanges(given.input())
      .filter(({ replica }) => replica !== 0)
      .map(({ letter, replica }): ReplicaChange => ({ kind: kindOfChange(letter), replica: asReplicaId(replica) }));
    const { membership } = this.#tracker;
    switch (directive.command) {
      case 'simple':
        return changeSimply(membership, changes);
      case 'enter-joint':
        return enterJoint(membership, given.flag('autoleave') ?? false, changes);
      case 'leave-joint':
        if (changes.length > 0) throw new Error(`line ${directive.line}: leave-joint takes no input`);
        return leaveJoint(membership);
      default:
        throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    }
  }
}
