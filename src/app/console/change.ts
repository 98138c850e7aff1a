/** A change of the configuration by hand: what is asked, and in words what came of it and what comes next. */
import type { Shardbearer } from '../../hosts/contract.ts';
import { assignmentOfSlot } from '../../cluster/configuration.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import { type OrderId, type RadiantId, shortId, type Slot } from '../../wire/identifiers.ts';
import { rangeOf } from './cluster-map.ts';
import { type ErrorWords, wordsFor } from './error-words.ts';

export type Change =
  | { readonly kind: 'move'; readonly slot: Slot; readonly to: OrderId }
  | { readonly kind: 'fracture'; readonly slot: Slot }
  | { readonly kind: 'consolidate'; readonly slot: Slot }
  /** Out of the cluster, whether it likes it or not. */
  | { readonly kind: 'remove'; readonly radiant: RadiantId };

export function titleOf(change: Change): string {
  switch (change.kind) {
    case 'move':
      return `move ${change.slot} to ${shortId(change.to)}`;
    case 'fracture':
      return `fracture at ${change.slot}`;
    case 'consolidate':
      return `consolidate at ${change.slot}`;
    case 'remove':
      return `take out ${shortId(change.radiant)}`;
  }
}

/**
 * Asks for it.
 * @throws {ShardbearerError} as the store's administration does
 */
export function make({ administration }: Pick<Shardbearer, 'administration'>, change: Change): Promise<Configuration> {
  switch (change.kind) {
    case 'move':
      return administration.move({ slot: change.slot }, change.to);
    case 'fracture':
      return administration.fracture({ slot: change.slot });
    case 'consolidate':
      return administration.consolidate({ slot: change.slot });
    case 'remove':
      return administration.leave(change.radiant);
  }
}

/** Why it was not made, or may not have been: whoever wants to know looks at the cluster, not at a key. */
export function wordsForFailure({ kind }: Change, error: unknown): ErrorWords {
  const words = wordsFor(error);
  if (words.code !== 'OUTCOME_UNKNOWN') return words;
  const where = kind === 'remove' ? 'the list of who is where' : 'the ring';
  return {
    ...words,
    headline: 'It may or may not have been made',
    detail: `No answer came. In a moment ${where} shows whether it is so. Asking again does no harm: what is so already stays.`,
  };
}

/** @param before number of the configuration that the page showed when it was asked */
export function wordsAfter(change: Change, before: number, configuration: Configuration): string {
  const { number } = configuration;
  if (number <= before) return `It is so already: configuration ${number} stays.`;
  return `Configuration ${number}: ${next(change, configuration)}`;
}

function next(change: Change, configuration: Configuration): string {
  if (change.kind === 'remove') {
    return `${shortId(change.radiant)} is out. If its tab is open, it asks for a place again; to take it out for good, let it leave there.`;
  }
  const shard = assignmentOfSlot(configuration, change.slot)?.shard;
  const range = shard === undefined ? `at ${change.slot}` : rangeOf(shard);
  switch (change.kind) {
    case 'move':
      return `slots ${range} go to order ${shortId(change.to)}. They are handed over now; calls on them wait, all others go on.`;
    case 'fracture':
      return `a shard of its own begins at ${change.slot}: slots ${range}. It can be moved now.`;
    case 'consolidate':
      return `slots ${range} are one shard now.`;
  }
}
