/** Formats messages and states in the way of the transcripts. */
import type { Ready } from '../../src/consensus/raft/ready.ts';
import type { Progress, ProgressState } from '../../src/consensus/raft/tracker.ts';
import { timestampInContext, numberInContext } from '../../src/consensus/raft/read-index.ts';
import type { RaftRole } from '../../src/consensus/raft/replica.ts';
import type { ReplicaId } from '../../src/wire/identifiers.ts';
import { decodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type {
  RaftEntry,
  RaftMembership,
  RaftMessage,
  RaftMessageType,
  RaftSnapshot,
  ReplicaChange,
} from '../../src/wire/raft/message.ts';

/** A message between replicas, or between a replica and its own threads. */
export interface Written {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly commit: number;
  readonly vote: number;
  readonly read: number | undefined;
  /** Time of a heartbeat under a lease. */
  readonly date: number | undefined;
  readonly entries: readonly RaftEntry[];
  readonly snapshot: RaftSnapshot | undefined;
  readonly responses: readonly Written[];
}

export const NOTHING_WRITTEN: Omit<Written, 'from' | 'to' | 'type'> = {
  term: 0,
  logTerm: 0,
  index: 0,
  reject: false,
  rejectHint: 0,
  commit: 0,
  vote: 0,
  read: undefined,
  date: undefined,
  entries: [],
  snapshot: undefined,
  responses: [],
};

export const MESSAGE_NAMES: Readonly<Record<RaftMessageType, string>> = {
  'pre-vote': 'MsgPreVote',
  'pre-vote-response': 'MsgPreVoteResp',
  vote: 'MsgVote',
  'vote-response': 'MsgVoteResp',
  append: 'MsgApp',
  'append-response': 'MsgAppResp',
  heartbeat: 'MsgHeartbeat',
  'heartbeat-response': 'MsgHeartbeatResp',
  'read-index': 'MsgReadIndex',
  'read-index-response': 'MsgReadIndexResp',
  propose: 'MsgProp',
  snapshot: 'MsgSnap',
  'transfer-leader': 'MsgTransferLeader',
  'timeout-now': 'MsgTimeoutNow',
};

export const ROLE_NAMES: Readonly<Record<RaftRole, string>> = {
  follower: 'StateFollower',
  'pre-candidate': 'StatePreCandidate',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
};

const PROGRESS_NAMES: Readonly<Record<ProgressState, string>> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};

const CHANGE_LETTERS: Readonly<Record<ReplicaChange['kind'], string>> = {
  'add-voter': 'v',
  'add-learner': 'l',
  remove: 'r',
  update: 'u',
};

/** Context of a membership change that was proposed in the older of etcd's two forms. */
export const OLD_FORM = new Uint8Array([1]);

export function written(message: RaftMessage): Written {
  return {
    ...NOTHING_WRITTEN,
    ...message,
    from: hexadecimal(message.from),
    to: hexadecimal(message.to),
    type: MESSAGE_NAMES[message.type],
    rejectHint: message.rejectHint,
    vote: 0,
    read: numberInContext(message.context),
    date: timestampInContext(message.context),
    responses: [],
  };
}

export function describeMessage(message: Written, indent = ''): string {
  let text = `${indent}${message.from}->${message.to} ${message.type} Term:${message.term} Log:${message.logTerm}/${message.index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  // The number of the read that a heartbeat or its answer confirms, or that a follower requests.
  if (message.read !== undefined) text += ` Read:${message.read}`;
  if (message.date !== undefined) text += ` Date:${message.date}`;
  if (message.vote !== 0) text += ` Vote:${message.vote}`;
  const [only, second] = message.entries;
  if (only !== undefined && second === undefined) text += ` Entries:[${describeEntry(only)}]`;
  if (second !== undefined) {
    for (const [at, entry] of message.entries.entries()) {
      text += `${at === 0 ? ' Entries:[' : ''}\n${indent}  ${describeEntry(entry)}`;
    }
    text += `\n${indent}]`;
  }
  if (message.snapshot !== undefined) text += `\n${indent}  Snapshot: ${describeSnapshot(message.snapshot)}`;
  if (message.responses.length > 0) {
    const responses = message.responses.map((response) => `\n${describeMessage(response, `${indent}  `)}`);
    text += ` Responses:[${responses.join('')}\n${indent}]`;
  }
  return text;
}

export function describeEntry(entry: RaftEntry): string {
  const place = `${entry.term}/${entry.index}`;
  if (entry.kind === 'normal') return `${place} EntryNormal ${quoted(entry.payload)}`;
  const { changes, context } = decodeMembershipChange(entry.payload);
  const isOld = context.length === OLD_FORM.length;
  const listed = changes.map(({ kind, replica }) => ` ${CHANGE_LETTERS[kind]}${replica}`).join('');
  return `${place} ${isOld ? 'EntryConfChange' : 'EntryConfChangeV2'}${listed}`;
}

export function describeEntries(entries: readonly RaftEntry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join('');
}

export function describeSnapshot(snapshot: RaftSnapshot): string {
  const { voters, outgoingVoters, learners, nextLearners, autoLeave } = snapshot.membership;
  const list = (replicas: readonly ReplicaId[]) => `[${replicas.join(' ')}]`;
  const sets = `Voters:${list(voters)} VotersOutgoing:${list(outgoingVoters)} Learners:${list(learners)}`;
  const state = `${sets} LearnersNext:${list(nextLearners)} AutoLeave:${autoLeave}`;
  return `Index:${snapshot.index} Term:${snapshot.term} ConfState:${state}`;
}

/** Describes a `Ready`. `messages` also contains the messages that the transcripts count as part of it. */
export function describeReady(
  ready: Ready,
  leader: ReplicaId | undefined,
  role: RaftRole,
  messages: readonly Written[],
): string {
  let text = '';
  if (ready.leaderChanged || ready.roleChanged) text += `Lead:${leader ?? 0} State:${ROLE_NAMES[role]}\n`;
  if (ready.hardState !== undefined) {
    const { term, vote, commit } = ready.hardState;
    text += `HardState Term:${term}${vote === undefined ? '' : ` Vote:${vote}`} Commit:${commit}\n`;
  }
  for (const { request, index } of ready.reads) text += `ReadState read ${request.read} Index:${index}\n`;
  for (const read of ready.abandonedReads) text += `Abandoned read ${read}\n`;
  if (ready.entries.length > 0) text += `Entries:\n${describeEntries(ready.entries)}`;
  if (ready.snapshot !== undefined) text += `Snapshot ${describeSnapshot(ready.snapshot)}\n`;
  if (ready.committed.length > 0) text += `CommittedEntries:\n${describeEntries(ready.committed)}`;
  if (messages.length > 0) {
    text += `Messages:\n${messages.map((message) => `${describeMessage(message)}\n`).join('')}`;
  }
  return text === '' ? '<empty Ready>' : `Ready MustSync=${ready.mustFlush}:\n${text}`;
}

export function describeProgress(members: readonly Progress[]): string {
  return members.map((progress) => `${progress.replica}: ${describeOne(progress)}\n`).join('');
}

function describeOne(progress: Progress): string {
  let text = `${PROGRESS_NAMES[progress.state]} match=${progress.match} next=${progress.next}`;
  if (progress.isLearner) text += ' learner';
  if (progress.paused) text += ' paused';
  if (progress.pendingSnapshot > 0) text += ` pendingSnap=${progress.pendingSnapshot}`;
  if (!progress.recentlyActive) text += ' inactive';
  if (progress.inflights.count > 0) {
    text += ` inflight=${progress.inflights.count}${progress.inflights.full ? '[full]' : ''}`;
  }
  return text;
}

export function describeMembership(membership: RaftMembership): string {
  const { voters, outgoingVoters, learners, nextLearners, autoLeave } = membership;
  const list = (replicas: readonly ReplicaId[]) => `(${replicas.map(hexadecimal).join(' ')})`;
  let text = `voters=${list(voters)}`;
  if (outgoingVoters.length > 0) text += `&&${list(outgoingVoters)}`;
  if (learners.length > 0) text += ` learners=${list(learners)}`;
  if (nextLearners.length > 0) text += ` learners_next=${list(nextLearners)}`;
  return autoLeave ? `${text} autoleave` : text;
}

/** Parses the changes of an input such as `v1 l2 r3 u4`. Replica 0 stands for no replica. */
export function parseChanges(input: string): { letter: string; replica: number }[] {
  const words = input.trim() === '' ? [] : input.trim().split(/\s+/);
  return words.map((word) => {
    const match = /^([vlru])(\d+)$/.exec(word);
    if (match === null) throw new Error(`unknown change ${word}`);
    return { letter: match[1] ?? '', replica: Number(match[2]) };
  });
}

export function kindOfChange(letter: string): ReplicaChange['kind'] {
  const kinds: readonly ReplicaChange['kind'][] = ['add-voter', 'add-learner', 'remove', 'update'];
  const kind = kinds.find((candidate) => CHANGE_LETTERS[candidate] === letter);
  if (kind === undefined) throw new Error(`unknown change ${letter}`);
  return kind;
}

export function hexadecimal(replica: number): string {
  return replica.toString(16);
}

export function quoted(payload: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(payload));
}
