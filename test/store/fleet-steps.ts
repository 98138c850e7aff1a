/** Random steps of clients, orders and moves of shards, which a `Fleet` plays. */
import fc from 'fast-check';
import { TIMES } from '../../src/wire/times.ts';
import { KEYS, ZONES } from './zones.ts';

export type FleetStep =
  /** The client creates a command and sends it to the owner of its slot. */
  | {
      readonly kind: 'issue';
      readonly client: number;
      readonly key: string;
      readonly operation: 'put' | 'append' | 'delete';
      /**
       * Distance from the owner of the slot to the order in which the client has its session. 0 means the owner. With
       * another value, the client uses the session of another order.
       */
      readonly ordersAstray: number;
    }
  /** An earlier command arrives again at the current owner of its slot. */
  | { readonly kind: 'retry'; readonly which: number }
  /** An earlier command arrives late or at the wrong order. */
  | { readonly kind: 'stray'; readonly which: number; readonly order: number; readonly epochsBack: number }
  /** The client has received the answers to all commands of one session up to a certain command. */
  | { readonly kind: 'finish'; readonly which: number }
  | { readonly kind: 'open'; readonly client: number; readonly order: number }
  | { readonly kind: 'move'; readonly first: number; readonly last: number; readonly to: number }
  | { readonly kind: 'consolidate'; readonly first: number; readonly last: number }
  | {
      readonly kind: 'advance';
      readonly which: number;
      readonly action: TransitionStep;
    }
  /** An earlier entry about shards is logged again by its order. */
  | { readonly kind: 'replay'; readonly which: number }
  | { readonly kind: 'restart'; readonly order: number }
  /**
   * The store of the order is copied. The order continues with the original or the copy, and the other one must stay
   * unchanged.
   */
  | { readonly kind: 'clone'; readonly order: number; readonly goesOn: 'original' | 'copy' }
  | { readonly kind: 'wait'; readonly order: number; readonly elapsedMs: number };

/**
 * The action that advances a transition. `next` is the action that is due. The other actions can be too early or
 * repeated.
 */
export type TransitionStep = 'next' | 'freeze' | 'install' | 'complete' | 'discard';

const zone = fc.nat(ZONES.length - 1);
const order = fc.nat(2);
const client = fc.nat(1);
/** Number of items between the chosen item and the latest one. Recent items are chosen more often. */
const which = fc.oneof(fc.nat(4), fc.nat(40));

const issue = fc.record({
  kind: fc.constant('issue' as const),
  client,
  key: fc.constantFrom(...KEYS),
  operation: fc.constantFrom('put' as const, 'append' as const, 'append' as const, 'delete' as const),
  ordersAstray: fc.constantFrom(0, 0, 0, 0, 1, 2),
});
const stray = fc.record({ kind: fc.constant('stray' as const), which, order, epochsBack: fc.nat(2) });
const move = fc.record({ kind: fc.constant('move' as const), first: zone, last: zone, to: order });
const advance = fc.record({
  kind: fc.constant('advance' as const),
  which: fc.nat(2),
  action: fc.oneof(
    { weight: 5, arbitrary: fc.constant('next' as const) },
    { weight: 1, arbitrary: fc.constantFrom<TransitionStep>('freeze', 'install', 'complete', 'discard') },
  ),
});

const clone = fc.record({
  kind: fc.constant('clone' as const),
  order,
  goesOn: fc.constantFrom('original' as const, 'copy' as const),
});

const weighted = [
  { weight: 8, arbitrary: issue },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('retry' as const), which }) },
  { weight: 5, arbitrary: stray },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finish' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), client, order }) },
  { weight: 6, arbitrary: move },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('consolidate' as const), first: zone, last: zone }) },
  { weight: 30, arbitrary: advance },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('replay' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), order }) },
  { weight: 2, arbitrary: clone },
] satisfies { weight: number; arbitrary: fc.Arbitrary<FleetStep> }[];

const wait = fc.record({ kind: fc.constant('wait' as const), order, elapsedMs: fc.nat(TIMES.client.sessionExpiryMs) });

/** Lists of up to `maxLength` steps in which no session expires. */
export function steps(maxLength: number): fc.Arbitrary<readonly FleetStep[]> {
  return fc.array(fc.oneof(...weighted), { minLength: maxLength / 2, maxLength, size: 'max' });
}

/** Lists of up to `maxLength` steps in which sessions expire. */
export function stepsWithTime(maxLength: number): fc.Arbitrary<readonly FleetStep[]> {
  return fc.array(fc.oneof(...weighted, { weight: 3, arbitrary: wait }), {
    minLength: maxLength / 2,
    maxLength,
    size: 'max',
  });
}
