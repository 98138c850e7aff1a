/** The field for a place on the ring. A person enters a slot or a key, as chosen above the field. */
import type { Signal } from '@preact/signals';
import { SLOT_COUNT } from '../../wire/identifiers.ts';
import type { TypedPlace } from './place.ts';

const KINDS = ['slot', 'key'] as const;

export function PlaceField({ place }: { readonly place: Signal<TypedPlace> }) {
  const { by, text } = place.value;
  return (
    <>
      <fieldset class="choice">
        <legend>Shard by a</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input
              type="radio"
              name="place-by"
              checked={by === kind}
              onChange={() => {
                place.value = { by: kind, text };
              }}
            />
            {kind}
          </label>
        ))}
      </fieldset>
      <label for="place" class="visually-hidden">
        {by === 'slot' ? `Slot, 0 to ${SLOT_COUNT - 1}` : 'Key in the shard'}
      </label>
      <input
        id="place"
        value={text}
        placeholder={by === 'slot' ? `0 to ${SLOT_COUNT - 1}` : 'greeting'}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onInput={({ currentTarget }) => {
          place.value = { by, text: currentTarget.value };
        }}
      />
    </>
  );
}
