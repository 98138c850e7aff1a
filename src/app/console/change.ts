/** A manual change of the configuration, with the texts for its result. */
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
  /** Removes a radiant from the cluster without a call of `leave` in its tab. */
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
 * Requests the change.
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

/**
 * The text for a failed change. After an unknown outcome, the text names the part of the page that shows the result.
 */
export function wordsForFailure({ kind }: Change, error: unknown): ErrorWords {
  const words = wordsFor(error);
  if (words.code !== 'OUTCOME_UNKNOWN') return words;
  const where = kind === 'remove' ? 'the list of radiants' : 'the ring';
  return {
    ...words,
    headline: 'It may or may not have been made',
    detail: `No answer came. In a moment ${where} shows whether the change was made. You can safely repeat it.`,
  };
}

/** @param before number of the configuration that the page showed when the change was requested */
export function wordsAfter(change: Change, before: number, configuration: Configuration): string {
  const { number } = configuration;
  if (number <= before) return `Configuration ${number} already includes this change.`;
  return `Configuration ${number}: ${next(change, configuration)}`;
}

function next(change: Change, configuration: Configuration): string {
  if (change.kind === 'remove') {
    return `${shortId(change.radiant)} is out. An open tab asks for a place again. Use Leave in that tab to remove it for good.`;
  }
  const shard = assignmentOfSlot(configuration, change.slot)?.shard;
  const range = shard === undefined ? `at ${change.slot}` : rangeOf(shard);
  switch (change.kind) {
    case 'move':
      return `slots ${range} move to order ${shortId(change.to)}. Calls on them wait until they arrive. All other calls continue.`;
    case 'fracture':
      return `a new shard begins at ${change.slot}, with slots ${range}. You can move it now.`;
    case 'consolidate':
      return `slots ${range} are one shard now.`;
  }
}
