/** Runs quorum transcripts. They list the commit indexes and elections that follow from acknowledgements and votes. */
import { allVoters } from '../../src/consensus/raft/membership.ts';
import * as quorum from '../../src/consensus/raft/quorum.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { hexadecimal } from './description.ts';
import { Arguments, type Directive } from './directives.ts';

const UNKNOWN = '_';
const RESULT_NAMES = { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' } as const;

export const QUORUM_COMMANDS: readonly string[] = ['committed', 'vote'];

export function runQuorumDirective(directive: Directive): string {
  const given = new Arguments(directive);
  const voters = (given.numbers('cfg') ?? []).map(asReplicaId);
  const second = given.values('cfgj');
  const outgoingVoters = second === undefined || second.join() === 'zero' ? [] : second.map(Number).map(asReplicaId);
  const everyone = [...new Set([...voters, ...outgoingVoters])];
  const known = (key: string) => assign(everyone, given.values(key) ?? [], directive);
  const joint = { voters, outgoingVoters };
  let output: string;
  if (directive.command === 'committed') {
    output = describeCommitted(joint, second !== undefined, known('idx'));
  } else if (directive.command === 'vote') {
    output = describeVote(joint, known('votes'));
  } else {
    throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
  }
  given.finish();
  return output;
}

/** Assigns values to the voters, in the order of the text. */
function assign(
  everyone: readonly ReplicaId[],
  values: readonly string[],
  directive: Directive,
): ReadonlyMap<ReplicaId, string> {
  if (everyone.length !== values.length) {
    throw new Error(`line ${directive.line}: ${values.length} values for ${everyone.length} voters`);
  }
  const pairs = everyone.map((voter, at): [ReplicaId, string] => [voter, values[at] ?? UNKNOWN]);
  return new Map(pairs.filter(([, value]) => value !== UNKNOWN));
}

function describeCommitted(
  joint: quorum.JointVoters,
  isJoint: boolean,
  indexes: ReadonlyMap<ReplicaId, string>,
): string {
  const source = {
    acknowledgedIndex: (voter: ReplicaId) => {
      const index = indexes.get(voter);
      return index === undefined ? undefined : Number(index);
    },
  };
  const committed = isJoint
    ? quorum.committedIndex(joint, source)
    : quorum.majorityCommittedIndex(joint.voters, source);
  const swapped = quorum.committedIndex({ voters: joint.outgoingVoters, outgoingVoters: joint.voters }, source);
  const complaint = swapped === committed ? '' : `${describeIndex(swapped)} <-- via symmetry\n`;
  return `${describeVoters(joint, source)}${complaint}${describeIndex(committed)}\n`;
}

function describeVote(joint: quorum.JointVoters, votes: ReadonlyMap<ReplicaId, string>): string {
  const ballots = {
    ballot: (voter: ReplicaId) => {
      const vote = votes.get(voter);
      return vote === undefined ? undefined : vote === 'y';
    },
  };
  const result = quorum.voteResult(joint, ballots);
  const swapped = quorum.voteResult({ voters: joint.outgoingVoters, outgoingVoters: joint.voters }, ballots);
  return `${swapped === result ? '' : `${RESULT_NAMES[swapped]} <-- via symmetry\n`}${RESULT_NAMES[result]}\n`;
}

/** Draws a bar for each voter. The more voters are behind a voter, the longer is its bar. */
function describeVoters(joint: quorum.JointVoters, source: quorum.AcknowledgedIndexes): string {
  const voters = allVoters({ ...joint, learners: [], nextLearners: [], autoLeave: false }).toSorted(
    (left, right) => left - right,
  );
  if (voters.length === 0) return '<empty majority quorum>';
  const indexOf = (voter: ReplicaId) => source.acknowledgedIndex(voter) ?? 0;
  const lines = voters.map((voter) => {
    const ahead = voters.filter((other) => indexOf(other) < indexOf(voter)).length;
    const isKnown = source.acknowledgedIndex(voter) !== undefined;
    const bar = isKnown ? `${'x'.repeat(ahead)}>${' '.repeat(voters.length - ahead)}` : `?${' '.repeat(voters.length)}`;
    return `${bar} ${String(indexOf(voter)).padStart(5)}    (id=${hexadecimal(voter)})\n`;
  });
  return `${' '.repeat(voters.length)}    idx\n${lines.join('')}`;
}

function describeIndex(index: number): string {
  return index === Number.POSITIVE_INFINITY ? '∞' : String(index);
}
