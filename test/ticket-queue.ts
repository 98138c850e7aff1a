/** The example of a machine: people take tickets and wait until their number is called. */
import { CommandRefusedError, defineMachine } from '../src/store/machine.ts';

export interface TicketQueue {
  readonly nextNumber: number;
  readonly waiting: readonly Ticket[];
}

export interface Ticket {
  readonly number: number;
  readonly person: string;
}

export type TicketCommand =
  | { readonly kind: 'take'; readonly person: string }
  | { readonly kind: 'serve' }
  | { readonly kind: 'leave'; readonly number: number };

export type TicketQuestion = { readonly kind: 'next' } | { readonly kind: 'length' };

export const tickets = defineMachine({
  name: 'tickets',
  initial: { nextNumber: 1, waiting: [] },
  apply(queue: TicketQueue, command: TicketCommand) {
    const { nextNumber, waiting } = queue;
    switch (command.kind) {
      case 'take': {
        const ticket = { number: nextNumber, person: command.person };
        return { state: { nextNumber: nextNumber + 1, waiting: [...waiting, ticket] }, reply: ticket };
      }
      case 'serve': {
        const [first = null, ...others] = waiting;
        return { state: { nextNumber, waiting: others }, reply: first };
      }
      case 'leave': {
        const left = waiting.find(({ number }) => number === command.number);
        if (left === undefined) throw new CommandRefusedError(`Ticket ${command.number} does not wait.`);
        return { state: { nextNumber, waiting: waiting.filter((ticket) => ticket !== left) }, reply: left };
      }
    }
  },
  read({ waiting }: TicketQueue, { kind }: TicketQuestion): Ticket | number | null {
    return kind === 'length' ? waiting.length : (waiting[0] ?? null);
  },
});
