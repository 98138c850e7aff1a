/** A place on the ring, which a person names by a slot or by a key. Pure. */
import { slotOfKey } from '../../store/key.ts';
import { asSlot, type Slot, SLOT_COUNT } from '../../wire/identifiers.ts';
import { rangeOf, type ShardLine } from './cluster-map.ts';

export interface TypedPlace {
  /** Whether the text is a slot or a key. The person chooses, because a key can consist of digits. */
  readonly by: 'slot' | 'key';
  readonly text: string;
}

/** The slot of the place. Undefined: the text is empty or names no slot. */
export function slotFrom({ by, text }: TypedPlace): Slot | undefined {
  if (by === 'key') return text === '' ? undefined : slotOfKey(new TextEncoder().encode(text));
  const typed = text.trim();
  const slot = /^\d+$/u.test(typed) ? Number(typed) : SLOT_COUNT;
  return slot < SLOT_COUNT ? asSlot(slot) : undefined;
}

/** Describes the shard at the place. For an unusable text, says what to type. */
export function describePlace(place: TypedPlace, shard: ShardLine | undefined): string {
  const slot = slotFrom(place);
  if (slot === undefined && (place.by === 'key' || place.text.trim() === '')) {
    return `Press an arc of the ring, or type a ${place.by}.`;
  }
  if (slot === undefined || shard === undefined) return `The ring has slots 0 to ${SLOT_COUNT - 1}.`;
  const where = place.by === 'slot' ? 'Slot' : 'This key is in slot';
  const moving = shard.source === undefined ? '' : `, moving from ${shard.source.name}`;
  return `${where} ${slot}: shard ${rangeOf(shard)} of order ${shard.order.name}${moving}.`;
}
