/** The commands of etcd's interaction transcripts. A message waits until a command delivers it. */
import { allVoters, simpleMembership } from '../../src/consensus/raft/membership.ts';
import { forgetLeader, requestTransfer, startElection } from '../../src/consensus/raft/election.ts';
import { propose, reportUnreachable } from '../../src/consensus/raft/replication.ts';
import { tick } from '../../src/consensus/raft/tick.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import { encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import { EMPTY_RAFT_MESSAGE, type MembershipTransition } from '../../src/wire/raft/message.ts';
import {
  describeEntries,
  describeMessage,
  describeProgress,
  kindOfChange,
  MESSAGE_NAMES,
  OLD_FORM,
  parseChanges,
  ROLE_NAMES,
} from './description.ts';
import type { Arguments } from './directives.ts';
import type { Commands } from './interaction.ts';
import {
  ELECTION_TICKS,
  envelopeOf,
  HEARTBEAT_TICKS,
  type InteractionNode,
  type NodeOptions,
} from './interaction-node.ts';
import { StableStorage } from './stable-storage.ts';
import { CommandError, type Stage } from './stage.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'none'];
const THREAD_MESSAGE_NAMES = ['MsgStorageAppend', 'MsgStorageAppendResp', 'MsgStorageApply', 'MsgStorageApplyResp'];
const TRANSITIONS: Readonly<Record<string, MembershipTransition>> = {
  auto: 'auto',
  implicit: 'joint-implicit',
  explicit: 'joint-explicit',
};

export function etcdCommands(stage: Stage): Commands {
  const nodeOf = (given: Arguments): InteractionNode => stage.node(only(given.positional()));
  return {
    'add-nodes': (given) => addNodes(stage, given),
    campaign: (given) => startElection(nodeOf(given).replica),
    compact: (given) => compact(stage, given),
    'deliver-msgs': (given) => deliverMessages(stage, given),
    'forget-leader': (given) => forgetLeader(nodeOf(given).replica),
    'log-level': (given) => setLogLevel(stage, only(given.words())),
    'process-ready': (given) => forEach(stage, given, 'handling Ready', (node) => stage.processReady(node)),
    'process-append-thread': (given) =>
      forEach(stage, given, 'processing append thread', (node) => stage.work(node.appendWork, 'append')),
    'process-apply-thread': (given) =>
      forEach(stage, given, 'processing apply thread', (node) => stage.work(node.applyWork, 'apply')),
    propose: (given) => proposeEntry(stage, given),
    'propose-conf-change': (given) => proposeChange(nodeOf(given), given),
    'raft-log': (given) => writeLog(stage, nodeOf(given)),
    'raft-state': () => writeStates(stage),
    'report-unreachable': (given) => reportPeerUnreachable(stage, given),
    'send-snapshot': (given) => sendSnapshot(stage, given),
    'set-randomized-election-timeout': (given) => setElectionTimeout(nodeOf(given), given),
    stabilize: (given) => stabilize(stage, given),
    status: (given) => writeStatus(stage, nodeOf(given)),
    'tick-election': (given) => tickTimes(nodeOf(given), ELECTION_TICKS),
    'tick-heartbeat': (given) => tickTimes(nodeOf(given), HEARTBEAT_TICKS),
    'transfer-leadership': (given) => transfer(stage, given),
  };
}

export function only<Item>(items: readonly Item[]): Item {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0) throw new Error('exactly one argument is needed');
  return item;
}

export function readOptions(given: Arguments): NodeOptions {
  const reads = given.value('read-only') ?? 'safe';
  if (reads !== 'safe' && reads !== 'lease-based') throw new Error(`unknown kind of reads ${reads}`);
  return {
    inflight: given.number('inflight') ?? Number.MAX_SAFE_INTEGER,
    asyncStorageWrites: given.flag('async-storage-writes') ?? false,
    preVote: given.flag('prevote') ?? false,
    checkQuorum: given.flag('checkquorum') ?? false,
    leaseReads: reads === 'lease-based',
    committedBytes: given.number('max-committed-size-per-ready') ?? Number.POSITIVE_INFINITY,
    appendBytes: Number.POSITIVE_INFINITY,
    checkMembershipChanges: !(given.flag('disable-conf-change-validation') ?? false),
    stepDownOnRemoval: given.flag('step-down-on-removal') ?? false,
  };
}

function addNodes(stage: Stage, given: Arguments): void {
  const count = only(given.positional());
  const index = given.number('index') ?? 0;
  const voters = given.numbers('voters') ?? [];
  const learners = given.numbers('learners') ?? [];
  const content = given.value('content') ?? '';
  const options = readOptions(given);
  // A node with content begins with a snapshot.
  const isEmpty = index === 0 && voters.length + learners.length === 0 && content === '';
  if (!isEmpty && index <= 1) throw new CommandError('index must be specified as > 1 due to bootstrap');
  for (let at = 0; at < count; at++) {
    const snapshot = {
      index: asLogIndex(index),
      term: isEmpty ? 0 : 1,
      membership: simpleMembership(voters.map(asReplicaId), learners.map(asReplicaId)),
      payload: new TextEncoder().encode(content),
    };
    stage.add(options, new StableStorage(snapshot));
  }
}

function forEach(stage: Stage, given: Arguments, doing: string, action: (node: InteractionNode) => void): void {
  const nodes = given.positional().map((id) => stage.node(id));
  for (const node of nodes) {
    if (nodes.length === 1) {
      action(node);
    } else {
      stage.write(`> ${node.id} ${doing}\n`);
      stage.indented(() => action(node));
    }
  }
}

function deliverMessages(stage: Stage, given: Arguments): void {
  const type = given.value('type');
  if (type !== undefined && ![...Object.values(MESSAGE_NAMES), ...THREAD_MESSAGE_NAMES].includes(type)) {
    throw new Error(`unknown message type ${type}`);
  }
  // Recipients are handled in the order in which the command lists them.
  const recipients = given.inOrder('drop');
  if (new Set(recipients.map(({ number }) => number)).size !== recipients.length) {
    throw new Error('messages are delivered or dropped, and once');
  }
  let handled = 0;
  for (const { number, isKeyed } of recipients) handled += stage.deliver(asReplicaId(number), type, isKeyed);
  if (handled === 0) stage.write('no messages\n');
}

function stabilize(stage: Stage, given: Arguments): void {
  const before = stage.quiet;
  const level = given.value('log-level');
  if (level !== undefined) setLogLevel(stage, level);
  const ids = given.positional();
  stage.stabilize(ids.length === 0 ? stage.nodes : ids.map((id) => stage.nodeOrRuin(id)));
  stage.quiet = before;
}

function setLogLevel(stage: Stage, level: string): void {
  if (!LOG_LEVELS.includes(level.toLowerCase())) throw new Error(`unknown log level ${level}`);
  // Both sides leave out log lines of the library. The level `none` also silences the harness.
  stage.quiet = level.toLowerCase() === 'none';
}

function proposeEntry(stage: Stage, given: Arguments): void {
  const [id, text, ...more] = given.words();
  if (id === undefined || text === undefined || more.length > 0) throw new Error('propose takes a node and a word');
  const payload = new TextEncoder().encode(text);
  require(propose(stage.node(Number(id)).replica, [{ kind: 'normal', payload }]));
}

function proposeChange(node: InteractionNode, given: Arguments): void {
  const isOld = given.flag('v1') ?? false;
  const transition = TRANSITIONS[given.value('transition') ?? 'auto'];
  if (transition === undefined) throw new Error('unknown transition');
  const changes = parseChanges(given.input()).map(({ letter, replica }) => ({
    kind: kindOfChange(letter),
    replica: asReplicaId(replica),
  }));
  if (isOld && (changes.length > 1 || transition !== 'auto')) {
    throw new CommandError('v1 conf change can only have one operation and no transition');
  }
  const context = isOld ? OLD_FORM : new Uint8Array(0);
  const payload = encodeMembershipChange({ transition, changes, context });
  require(propose(node.replica, [{ kind: 'membership', payload }]));
}

function require(accepted: boolean): void {
  if (!accepted) throw new CommandError('raft proposal dropped');
}

function compact(stage: Stage, given: Arguments): void {
  const [id, index, ...more] = given.positional();
  if (id === undefined || index === undefined || more.length > 0) throw new Error('compact takes a node and an index');
  const node = stage.node(id);
  if (!node.compactTo(index)) throw new CommandError('requested index is unavailable due to compaction');
  writeLog(stage, node);
}

function writeLog(stage: Stage, { storage }: InteractionNode): void {
  if (storage.lastIndex < storage.firstIndex) {
    stage.write(`log is empty: first index=${storage.firstIndex}, last index=${storage.lastIndex}`);
  } else {
    stage.write(describeEntries(storage.entries));
  }
}

function writeStates(stage: Stage): void {
  for (const { id, replica } of stage.nodes) {
    if (stage.network.isDown(id)) {
      stage.write(`${id}: down\n`);
      continue;
    }
    const isVoter = allVoters(replica.tracker.membership).includes(id);
    const role = `${ROLE_NAMES[replica.role]} ${isVoter ? '(Voter)' : '(Non-Voter)'}`;
    stage.write(`${id}: ${role} Term:${replica.term} Lead:${replica.leader ?? 0}\n`);
  }
}

/** Writes the progress of all members. Only a leader tracks progress. */
function writeStatus(stage: Stage, { replica }: InteractionNode): void {
  if (replica.role === 'leader') stage.write(describeProgress(replica.tracker.members));
}

function reportPeerUnreachable(stage: Stage, given: Arguments): void {
  const [reporter, reported, ...more] = given.positional();
  if (reporter === undefined || reported === undefined || more.length > 0) {
    throw new CommandError('must specify exactly two node indexes: node on which to report, and reported node');
  }
  reportUnreachable(stage.node(reporter).replica, stage.nodeOrRuin(reported).id);
}

function sendSnapshot(stage: Stage, given: Arguments): void {
  const [from, to, ...more] = given.positional();
  if (from === undefined || to === undefined || more.length > 0) throw new Error('send-snapshot takes two nodes');
  const sender = stage.node(from);
  const envelope = envelopeOf({
    ...EMPTY_RAFT_MESSAGE,
    type: 'snapshot',
    from: sender.id,
    to: asReplicaId(to),
    term: sender.replica.term,
    snapshot: sender.snapshot,
  });
  stage.send([envelope]);
  stage.write(describeMessage(envelope.text));
}

function setElectionTimeout(node: InteractionNode, given: Arguments): void {
  const ticks = given.number('timeout');
  if (ticks === undefined || ticks === 0) throw new Error('a time-out is needed');
  node.replica.randomizedElectionTicks = ticks;
}

function tickTimes({ replica }: InteractionNode, count: number): void {
  for (let at = 0; at < count; at++) tick(replica);
}

function transfer(stage: Stage, given: Arguments): void {
  const [from, to] = [given.number('from'), given.number('to')];
  if (from === undefined || to === undefined) throw new Error('transfer-leadership goes from one node to another');
  requestTransfer(stage.node(from).replica, stage.nodeOrRuin(to).id);
}
