/** Runs interaction transcripts: replicas without a network, whose messages wait until they are delivered. */
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { encodeMembershipChange } from '../../src/wire/raft-membership-codec.ts';
import { EMPTY_RAFT_MESSAGE, type MembershipTransition } from '../../src/wire/raft-message.ts';
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
import { Arguments, type Directive } from './directives.ts';
import {
  ELECTION_TICKS,
  type Envelope,
  envelopeOf,
  HEARTBEAT_TICKS,
  InteractionNode,
  type ThreadWork,
} from './interaction-node.ts';
import { allVoters } from '../../src/consensus/raft/membership.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'none'];
const THREAD_MESSAGE_NAMES = ['MsgStorageAppend', 'MsgStorageAppendResp', 'MsgStorageApply', 'MsgStorageApplyResp'];
const TRANSITIONS: Readonly<Record<string, MembershipTransition>> = {
  auto: 'auto',
  implicit: 'joint-implicit',
  explicit: 'joint-explicit',
};

/** What a command cannot do: it reads like any other output. */
class CommandError extends Error {}

type Handler = (given: Arguments, directive: Directive) => void;

export class Interaction {
  readonly #nodes: InteractionNode[] = [];
  #messages: Envelope[] = [];
  #output = '';
  #quiet = false;

  /** The commands, each of which reads its arguments; what it leaves unread is refused. */
  readonly #commands: Readonly<Record<string, Handler>> = {
    'add-nodes': (given) => this.#addNodes(given),
    campaign: (given) => this.#node(given).core.campaign(),
    compact: (given) => this.#compact(given),
    'deliver-msgs': (given, directive) => this.#deliverMessages(given, directive),
    'forget-leader': (given) => this.#node(given).core.forgetLeader(),
    'log-level': (given) => this.#setLogLevel(only(given.words())),
    'process-ready': (given) => this.#forEach(given, 'handling Ready', (node) => this.#processReady(node)),
    'process-append-thread': (given) =>
      this.#forEach(given, 'processing append thread', (node) => this.#work(node.appendWork, 'append')),
    'process-apply-thread': (given) =>
      this.#forEach(given, 'processing apply thread', (node) => this.#work(node.applyWork, 'apply')),
    propose: (given) => this.#propose(given),
    'propose-conf-change': (given, directive) => this.#proposeChange(given, directive.input),
    'raft-log': (given) => this.#writeLog(this.#node(given)),
    'raft-state': () => this.#writeStates(),
    'report-unreachable': (given) => this.#reportUnreachable(given),
    'send-snapshot': (given) => this.#sendSnapshot(given),
    'set-randomized-election-timeout': (given) => this.#setElectionTimeout(given),
    stabilize: (given) => this.#stabilizeWith(given),
    status: (given) => this.#writeStatus(this.#node(given)),
    'tick-election': (given) => this.#tick(this.#node(given), ELECTION_TICKS),
    'tick-heartbeat': (given) => this.#tick(this.#node(given), HEARTBEAT_TICKS),
    'transfer-leadership': (given) => this.#transfer(given),
  };

  /** Runs one command and returns what it wrote. @throws on a command or an argument that is not known */
  run(directive: Directive): string {
    this.#output = '';
    const handler = this.#commands[directive.command];
    if (handler === undefined) throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    const given = new Arguments(directive);
    try {
      handler(given, directive);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // Errors are written even where all else is silenced.
      this.#output += error.message;
    }
    given.finish();
    return this.#output;
  }

  #write(text: string): void {
    if (!this.#quiet) this.#output += text;
  }

  #indented(action: () => void): void {
    const before = this.#output;
    this.#output = '';
    action();
    const lines = this.#output.replace(/\n$/, '').split('\n');
    const written = this.#output === '' ? '' : lines.map((line) => `  ${line}\n`).join('');
    this.#output = before + written;
  }

  #nodeWith(id: number): InteractionNode {
    const node = this.#nodes[id - 1];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  #node(given: Arguments): InteractionNode {
    return this.#nodeWith(only(given.positional()));
  }

  #addNodes(given: Arguments): void {
    const count = only(given.positional());
    const reads = given.value('read-only') ?? 'safe';
    if (reads !== 'safe' && reads !== 'lease-based') throw new Error(`unknown kind of reads ${reads}`);
    const options = {
      voters: given.numbers('voters') ?? [],
      learners: given.numbers('learners') ?? [],
      index: given.number('index') ?? 0,
      inflight: given.number('inflight') ?? Number.MAX_SAFE_INTEGER,
      asyncStorageWrites: given.flag('async-storage-writes') ?? false,
      preVote: given.flag('prevote') ?? false,
      checkQuorum: given.flag('checkquorum') ?? false,
      leaseReads: reads === 'lease-based',
      committedBytes: given.number('max-committed-size-per-ready') ?? Number.POSITIVE_INFINITY,
      checkMembershipChanges: !(given.flag('disable-conf-change-validation') ?? false),
      stepDownOnRemoval: given.flag('step-down-on-removal') ?? false,
    };
    // The content of the state is never shown.
    given.value('content');
    for (let at = 0; at < count; at++) this.#nodes.push(new InteractionNode(this.#nodes.length + 1, options));
  }

  #forEach(given: Arguments, doing: string, action: (node: InteractionNode) => void): void {
    const nodes = given.positional().map((id) => this.#nodeWith(id));
    for (const node of nodes) {
      if (nodes.length === 1) {
        action(node);
      } else {
        this.#write(`> ${node.id} ${doing}\n`);
        this.#indented(() => action(node));
      }
    }
  }

  #processReady(node: InteractionNode): void {
    const { text, sent } = node.processReady();
    this.#write(text);
    this.#messages.push(...sent);
  }

  #work(queue: ThreadWork[], name: string): void {
    const work = queue.shift();
    if (work === undefined) {
      this.#write(`no ${name} work to perform`);
      return;
    }
    this.#write(`Processing:\n${describeMessage(work.text)}\n`);
    work.perform();
    this.#write('Responses:\n');
    for (const response of work.responses) this.#write(`${describeMessage(response.text)}\n`);
    this.#messages.push(...work.responses);
  }

  #deliverMessages(given: Arguments, directive: Directive): void {
    const type = given.value('type');
    if (type !== undefined && ![...Object.values(MESSAGE_NAMES), ...THREAD_MESSAGE_NAMES].includes(type)) {
      throw new Error(`line ${directive.line}: unknown message type ${type}`);
    }
    const delivered = given.positional();
    const dropped = given.numbers('drop') ?? [];
    const recipients = new Map(
      directive.arguments.flatMap((argument) => {
        const ids = argument.key === 'drop' ? argument.values : argument.values.length === 0 ? [argument.key] : [];
        return ids.map((id): [number, boolean] => [Number(id), argument.key === 'drop']);
      }),
    );
    if (recipients.size !== delivered.length + dropped.length) throw new Error('delivered and dropped at once');
    let handled = 0;
    for (const [id, drop] of recipients) handled += this.#deliver(asReplicaId(id), type, drop);
    if (handled === 0) this.#write('no messages\n');
  }

  #deliver(to: ReplicaId, type: string | undefined, drop: boolean): number {
    const concerned = this.#messages.filter(
      (envelope) =>
        envelope.to === to && !(drop && envelope.isLocal) && (type === undefined || envelope.text.type === type),
    );
    this.#messages = this.#messages.filter((envelope) => !concerned.includes(envelope));
    for (const envelope of concerned) {
      this.#write(`${drop ? 'dropped: ' : ''}${describeMessage(envelope.text)}\n`);
      if (drop) continue;
      const complaint = envelope.arrive(this.#nodeWith(to));
      if (complaint !== undefined) this.#write(`${complaint}\n`);
    }
    return concerned.length;
  }

  #stabilizeWith(given: Arguments): void {
    const before = this.#quiet;
    const level = given.value('log-level');
    if (level !== undefined) this.#setLogLevel(level);
    const ids = given.positional();
    this.#stabilize(ids.length === 0 ? this.#nodes : ids.map((id) => this.#nodeWith(id)));
    this.#quiet = before;
  }

  /** Until nothing is left to do. */
  #stabilize(nodes: readonly InteractionNode[]): void {
    const passes: { doing: string; due: (node: InteractionNode) => boolean; act: (node: InteractionNode) => void }[] = [
      {
        doing: 'handling Ready',
        due: ({ core }) => core.hasReady(),
        act: (node) => this.#indented(() => this.#processReady(node)),
      },
      {
        doing: 'receiving messages',
        due: ({ id }) => this.#messages.some(({ to }) => to === id),
        act: ({ id }) => this.#indented(() => void this.#deliver(id, undefined, false)),
      },
      {
        doing: 'processing append thread',
        due: ({ appendWork }) => appendWork.length > 0,
        act: ({ appendWork }) => this.#drain(appendWork, 'append'),
      },
      {
        doing: 'processing apply thread',
        due: ({ applyWork }) => applyWork.length > 0,
        act: ({ applyWork }) => this.#drain(applyWork, 'apply'),
      },
    ];
    for (let done = false; !done; ) {
      done = true;
      for (const { doing, due, act } of passes) {
        for (const node of nodes) {
          if (!due(node)) continue;
          this.#write(`> ${node.id} ${doing}\n`);
          act(node);
          done = false;
        }
      }
    }
  }

  #drain(queue: ThreadWork[], name: string): void {
    while (queue.length > 0) this.#indented(() => this.#work(queue, name));
  }

  #setLogLevel(level: string): void {
    if (!LOG_LEVELS.includes(level.toLowerCase())) throw new Error(`unknown log level ${level}`);
    // What the library logs is left out on both sides; the last level silences the harness too.
    this.#quiet = level.toLowerCase() === 'none';
  }

  #propose(given: Arguments): void {
    const [id, text, ...more] = given.words();
    if (id === undefined || text === undefined || more.length > 0) throw new Error('propose takes a node and a word');
    const payload = new TextEncoder().encode(text);
    this.#require(this.#nodeWith(Number(id)).core.propose([{ kind: 'normal', payload }]) === 'done');
  }

  #proposeChange(given: Arguments, input: string): void {
    const node = this.#node(given);
    const isOld = given.flag('v1') ?? false;
    const transition = TRANSITIONS[given.value('transition') ?? 'auto'];
    if (transition === undefined) throw new Error('unknown transition');
    const changes = parseChanges(input).map(({ letter, replica }) => ({
      kind: kindOfChange(letter),
      replica: asReplicaId(replica),
    }));
    if (isOld && (changes.length > 1 || transition !== 'auto')) {
      throw new CommandError('v1 conf change can only have one operation and no transition');
    }
    const context = isOld ? OLD_FORM : new Uint8Array(0);
    const payload = encodeMembershipChange({ transition, changes, context });
    this.#require(node.core.propose([{ kind: 'membership', payload }]) === 'done');
  }

  #require(accepted: boolean): void {
    if (!accepted) throw new CommandError('raft proposal dropped');
  }

  #compact(given: Arguments): void {
    const [id, index, ...more] = given.positional();
    if (id === undefined || index === undefined || more.length > 0)
      throw new Error('compact takes a node and an index');
    const node = this.#nodeWith(id);
    if (!node.storage.compactTo(index)) {
      throw new CommandError('requested index is unavailable due to compaction');
    }
    node.core.compactTo(index);
    this.#writeLog(node);
  }

  #writeLog({ storage }: InteractionNode): void {
    if (storage.lastIndex < storage.firstIndex) {
      this.#write(`log is empty: first index=${storage.firstIndex}, last index=${storage.lastIndex}`);
    } else {
      this.#write(describeEntries(storage.entries));
    }
  }

  #writeStates(): void {
    for (const { id, core } of this.#nodes) {
      const isVoter = allVoters(core.tracker.membership).includes(id);
      const role = `${ROLE_NAMES[core.role]} ${isVoter ? '(Voter)' : '(Non-Voter)'}`;
      this.#write(`${id}: ${role} Term:${core.term} Lead:${core.leader ?? 0}\n`);
    }
  }

  /** Only a leader knows of others. */
  #writeStatus({ core }: InteractionNode): void {
    if (core.role === 'leader') this.#write(describeProgress(core.tracker.members));
  }

  #reportUnreachable(given: Arguments): void {
    const [reporter, reported, ...more] = given.positional();
    if (reporter === undefined || reported === undefined || more.length > 0) {
      throw new CommandError('must specify exactly two node indexes: node on which to report, and reported node');
    }
    this.#nodeWith(reporter).core.reportUnreachable(this.#nodeWith(reported).id);
  }

  #sendSnapshot(given: Arguments): void {
    const [from, to, ...more] = given.positional();
    if (from === undefined || to === undefined || more.length > 0) throw new Error('send-snapshot takes two nodes');
    const sender = this.#nodeWith(from);
    const envelope = envelopeOf({
      ...EMPTY_RAFT_MESSAGE,
      type: 'snapshot',
      from: sender.id,
      to: asReplicaId(to),
      term: sender.core.term,
      snapshot: sender.snapshot,
    });
    this.#messages.push(envelope);
    this.#write(describeMessage(envelope.text));
  }

  #setElectionTimeout(given: Arguments): void {
    const ticks = given.number('timeout');
    if (ticks === undefined || ticks === 0) throw new Error('a time-out is needed');
    this.#node(given).core.setRandomizedElectionTicks(ticks);
  }

  #tick({ core }: InteractionNode, count: number): void {
    for (let at = 0; at < count; at++) core.tick();
  }

  #transfer(given: Arguments): void {
    const [from, to] = [given.number('from'), given.number('to')];
    if (from === undefined || to === undefined) throw new Error('transfer-leadership goes from one node to another');
    this.#nodeWith(from).core.transferLeadership(this.#nodeWith(to).id);
  }
}

function only<Item>(items: readonly Item[]): Item {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0) throw new Error('exactly one argument is needed');
  return item;
}
