/** The replicas of a transcript, the messages under way, and the output of the current command. */
import type { ReplicaId } from '../../src/wire/identifiers.ts';
import { hasReady } from '../../src/consensus/raft/ready.ts';
import { describeMessage } from './description.ts';
import { type Envelope, InteractionNode, type NodeOptions, type ThreadWork } from './interaction-node.ts';
import { Network } from './network.ts';
import type { StableStorage } from './stable-storage.ts';

/** The error of a failed command. Its message is written as output. */
export class CommandError extends Error {}

/**
 * Largest number of rounds until the replicas settle. No transcript needs nearly as many; only a faulty replica never
 * settles.
 */
const STABLE_WITHIN_ROUNDS = 200;

interface Pass {
  readonly doing: string;
  readonly due: (node: InteractionNode) => boolean;
  readonly act: (node: InteractionNode) => void;
}

export class Stage {
  readonly network = new Network();
  /** Whether only errors are written. */
  quiet = false;
  readonly #nodes: InteractionNode[] = [];
  #messages: Envelope[] = [];
  #output = '';

  get nodes(): readonly InteractionNode[] {
    return this.#nodes;
  }

  add(options: NodeOptions, storage: StableStorage): void {
    this.#nodes.push(new InteractionNode(this.#nodes.length + 1, options, storage));
  }

  /** The node with this id. @throws {CommandError} if the node is down */
  node(id: number): InteractionNode {
    const node = this.nodeOrRuin(id);
    if (this.network.isDown(node.id)) throw new CommandError(`node ${id} is down`);
    return node;
  }

  /** The node, even if it is down. */
  nodeOrRuin(id: number): InteractionNode {
    const node = this.#nodes[id - 1];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  write(text: string): void {
    if (!this.quiet) this.#output += text;
  }

  writeError(text: string): void {
    this.#output += text;
  }

  /** The output since the last call. */
  takeOutput(): string {
    const output = this.#output;
    this.#output = '';
    return output;
  }

  indented(action: () => void): void {
    const before = this.takeOutput();
    action();
    const written = this.takeOutput();
    const lines = written.replace(/\n$/, '').split('\n');
    this.#output = before + (written === '' ? '' : lines.map((line) => `  ${line}\n`).join(''));
  }

  silently(action: () => void): void {
    const before = this.quiet;
    this.quiet = true;
    action();
    this.quiet = before;
  }

  send(envelopes: readonly Envelope[]): void {
    this.#messages.push(...envelopes);
  }

  processReady(node: InteractionNode): void {
    const { text, sent } = node.processReady();
    this.write(text);
    this.send(sent);
  }

  work(queue: ThreadWork[], name: string): void {
    const work = queue.shift();
    if (work === undefined) {
      this.write(`no ${name} work to perform`);
      return;
    }
    this.write(`Processing:\n${describeMessage(work.text)}\n`);
    work.perform();
    this.write('Responses:\n');
    for (const response of work.responses) this.write(`${describeMessage(response.text)}\n`);
    this.send(work.responses);
  }

  /** Delivers or drops the messages to `to`. Returns their number. */
  deliver(to: ReplicaId, type: string | undefined, drop: boolean): number {
    const concerned = this.#messages.filter(
      (envelope) =>
        envelope.to === to && !(drop && envelope.isLocal) && (type === undefined || envelope.text.type === type),
    );
    this.#messages = this.#messages.filter((envelope) => !concerned.includes(envelope));
    for (const envelope of concerned) {
      const lost = drop || !this.#arrives(envelope);
      this.write(`${lost ? 'dropped: ' : ''}${describeMessage(envelope.text)}\n`);
      if (lost) continue;
      const complaint = envelope.arrive(this.node(to));
      if (complaint !== undefined) this.write(`${complaint}\n`);
    }
    return concerned.length;
  }

  /** Performs work and delivers messages until nothing is left. */
  stabilize(nodes: readonly InteractionNode[]): void {
    let done = false;
    for (let round = 0; !done; round++) {
      if (round === STABLE_WITHIN_ROUNDS) throw new Error(`nothing is stable after ${round} rounds`);
      done = true;
      for (const { doing, due, act } of this.#passes) {
        for (const node of nodes) {
          if (!due(node)) continue;
          this.write(`> ${node.id} ${doing}\n`);
          this.indented(() => act(node));
          done = false;
        }
      }
    }
  }

  /** Crashes a node. Its memory and unwritten work are lost. */
  crash(node: InteractionNode): void {
    this.network.crash(node.id);
    this.#messages = this.#messages.filter((envelope) => !(envelope.isLocal && envelope.to === node.id));
  }

  /** Restarts a node with the records on its disk. */
  restart(id: number): void {
    const ruin = this.nodeOrRuin(id);
    if (!this.network.isDown(ruin.id)) throw new CommandError(`node ${id} is not down`);
    this.#nodes[id - 1] = ruin.restarted();
    this.network.restart(ruin.id);
  }

  readonly #passes: readonly Pass[] = [
    {
      doing: 'handling Ready',
      due: (node) => this.#isUp(node) && hasReady(node.replica),
      act: (node) => this.processReady(node),
    },
    {
      doing: 'receiving messages',
      due: ({ id }) => this.#messages.some(({ to }) => to === id),
      act: ({ id }) => void this.deliver(id, undefined, false),
    },
    {
      doing: 'processing append thread',
      due: (node) => this.#isUp(node) && node.appendWork.length > 0,
      act: ({ appendWork }) => this.#drain(appendWork, 'append'),
    },
    {
      doing: 'processing apply thread',
      due: (node) => this.#isUp(node) && node.applyWork.length > 0,
      act: ({ applyWork }) => this.#drain(applyWork, 'apply'),
    },
  ];

  #drain(queue: ThreadWork[], name: string): void {
    while (queue.length > 0) this.work(queue, name);
  }

  #arrives({ message, to }: Envelope): boolean {
    return message === undefined || this.network.carries(message.from, to);
  }

  #isUp({ id }: InteractionNode): boolean {
    return !this.network.isDown(id);
  }
}
