/** The compiler checks this file. The types of calls follow from the definition of the machine. */
import { type AnyMachine, defineMachine, type MachineInstance, type Shardbearer } from '../../src/index.ts';
import { type Ticket, type TicketCommand, type TicketQuestion, tickets } from '../ticket-queue.ts';

export async function called(store: Shardbearer<string>): Promise<void> {
  const desk = store.machine(tickets, 'desk/1');
  desk satisfies MachineInstance<TicketCommand, Ticket | null, TicketQuestion, Ticket | number | null>;
  (await desk.apply({ kind: 'take', person: 'Ann' }, { timeoutMs: 500, ifVersion: null })) satisfies Ticket | null;
  (await desk.read({ kind: 'next' })) satisfies Ticket | number | null;
  // @ts-expect-error -- no such command
  await desk.apply({ kind: 'take' });
  // @ts-expect-error -- no such question
  await desk.read({ kind: 'last' });
  // @ts-expect-error -- nothing is encoded
  await desk.apply({ kind: 'serve' }, { encoding: 'utf8' });
  // @ts-expect-error -- a machine is what defineMachine returns
  store.machine({ name: 'tickets' }, 'desk/1');
}

export function defined(): readonly AnyMachine[] {
  const counter = defineMachine({
    name: 'counter',
    initial: new Map<string, number>(),
    apply(counts, name: string) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return { state: counts, reply: counts.size };
    },
    read: (counts, name: string) => counts.get(name),
    snapshot: (counts) => new TextEncoder().encode(JSON.stringify([...counts])),
    restore: () => new Map<string, number>(),
  });
  defineMachine({
    name: 'wrong',
    initial: 0,
    // @ts-expect-error -- the state is a number
    apply: (count: number, _command: null) => ({ state: 'text', reply: count }),
    read: (count: number, _question: null) => count,
  });
  return [counter, tickets];
}
