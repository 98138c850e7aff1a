/**
 * Commands of this project's own transcripts, in addition to etcd's. They set logs, crash and cut off replicas, read,
 * and print logs side by side.
 */
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { requestRead } from '../../src/consensus/raft/reads.ts';
import { startElection } from '../../src/consensus/raft/election.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import type { RaftEntry } from '../../src/wire/raft/message.ts';
import { describeMembership } from '../conformance/description.ts';
import type { Arguments } from '../conformance/directives.ts';
import { etcdCommands, only, readOptions } from '../conformance/etcd-commands.ts';
import type { Commands } from '../conformance/interaction.ts';
import type { InteractionNode } from '../conformance/interaction-node.ts';
import { StableStorage } from '../conformance/stable-storage.ts';
import type { Stage } from '../conformance/stage.ts';
import { describeLogs } from './logs.ts';

export function lessonCommands(stage: Stage): Commands {
  let reads = 0;
  return {
    ...etcdCommands(stage),
    // add-nodes <count> voters=(1,2,3) [learners=(4)] [log=(1,1,2:text)] [term=2] [vote=1] [commit=2]
    'add-nodes': (given) => addNodes(stage, given),
    // crash <id> …: memory and unwritten work are lost, and messages to the replica will be dropped
    crash: (given) => forEachId(given, (id) => stage.crash(stage.node(id))),
    // restart <id> …: starts the replica with the records on its disk
    restart: (given) => forEachId(given, (id) => stage.restart(id)),
    // cut-off <id> …: the replicas reach each other, all others reach each other, and no message crosses
    'cut-off': (given) => stage.network.cutOff(given.positional().map((id) => stage.nodeOrRuin(id).id)),
    heal: () => stage.network.heal(),
    // elect <id> by=(2,3): the replica campaigns; only the named replicas receive its messages, and their answers
    // arrive
    elect: (given) => elect(stage, given),
    read: (given) => {
      const node = stage.node(only(given.positional()));
      reads++;
      stage.write(`asked: read ${reads}\n`);
      requestRead(node.replica, reads);
    },
    // stood-still <id>: the clock of the replica reports more time than its ticks account for
    'stood-still': (given) => stage.node(only(given.positional())).replica.lease.onLateTick(),
    // logs: the content of all disks, in the manner of the paper's figures
    logs: () => stage.write(describeLogs(stage)),
    // membership <id>: the membership that this node has applied
    membership: (given) => {
      const { replica } = stage.node(only(given.positional()));
      stage.write(`${describeMembership(replica.tracker.membership)}\n`);
    },
  };
}

function forEachId(given: Arguments, action: (id: number) => void): void {
  const ids = given.positional();
  if (ids.length === 0) throw new Error('at least one node is needed');
  for (const id of ids) action(id);
}

function addNodes(stage: Stage, given: Arguments): void {
  const count = only(given.positional());
  const voters = (given.numbers('voters') ?? []).map(asReplicaId);
  const learners = (given.numbers('learners') ?? []).map(asReplicaId);
  const entries = (given.values('log') ?? []).map(readEntry);
  const lastTerm = entries.at(-1)?.term ?? 0;
  const term = given.number('term') ?? lastTerm;
  const vote = given.number('vote');
  const commit = given.number('commit') ?? 0;
  if (term < lastTerm) throw new Error(`a node of term ${term} holds an entry of term ${lastTerm}`);
  if (commit > entries.length) throw new Error(`${commit} of ${entries.length} entries are committed`);
  const options = { ...readOptions(given), appendBytes: given.number('max-size-per-message') ?? Infinity };
  for (let at = 0; at < count; at++) {
    const storage = new StableStorage({
      index: asLogIndex(0),
      term: 0,
      membership: simpleMembership(voters, learners),
      payload: new Uint8Array(0),
    });
    storage.append(entries);
    storage.hardState = { term, vote: vote === undefined ? undefined : asReplicaId(vote), commit: asLogIndex(commit) };
    stage.add(options, storage);
  }
}

function elect(stage: Stage, given: Arguments): void {
  const candidate = stage.node(only(given.positional()));
  const voters = (given.numbers('by') ?? []).map((id) => stage.node(id));
  startElection(candidate.replica);
  if (candidate.replica.role !== 'candidate')
    throw new Error('only who stands without a pre-vote is elected in one command');
  const handleReady = (node: InteractionNode): void => {
    stage.write(`> ${node.id} handling Ready\n`);
    stage.indented(() => stage.processReady(node));
  };
  handleReady(candidate);
  for (const { id } of stage.nodes) {
    if (id === candidate.id) continue;
    const hears = voters.some((voter) => voter.id === id);
    if (hears) stage.silently(() => stage.deliver(id, 'MsgVote', false));
    else stage.indented(() => stage.deliver(id, 'MsgVote', true));
  }
  voters.forEach(handleReady);
  stage.write(`> ${candidate.id} receiving messages\n`);
  stage.indented(() => stage.deliver(candidate.id, 'MsgVoteResp', false));
}

/** `3` or `3:text`: an entry's term and payload. */
function readEntry(text: string, at: number): RaftEntry {
  const match = /^(\d+)(?::(\S+))?$/.exec(text);
  if (match === null) throw new Error(`${text} is no entry`);
  const payload = new TextEncoder().encode(match[2] ?? '');
  return { term: Number(match[1]), index: asLogIndex(at + 1), kind: 'normal', payload };
}
