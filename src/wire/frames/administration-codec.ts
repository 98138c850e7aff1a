/** What the bondsmith is asked, as the schema's `Administration` and `Query`. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { rangeFromMessage, rangeToMessage } from '../configuration/order-codec.ts';
import { boundedList, decodeMessage, distinct, malformed } from '../decoding.ts';
import type { Administration } from './frame.ts';
import {
  AdministrationSchema,
  type Administration as AdministrationMessage,
  QuerySchema,
} from '../generated/shardbearer_pb.ts';
import { asSlot, idFromBytes, idToBytes, type RadiantId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { participantFromMessage, participantToMessage } from '../configuration/roster-codec.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

export function encodeAdministration(administration: Administration): Uint8Array {
  const message = create(AdministrationSchema, { kind: kindToMessage(administration) });
  return toBinary(AdministrationSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeAdministration(bytes: Uint8Array): Administration {
  return decodeMessage(AdministrationSchema, bytes, LIMITS.frameBytes, ({ kind }) => kindFromMessage(kind));
}

/** @param number of the configuration that is asked for; undefined: the latest */
export function encodeQuery(number: number | undefined): Uint8Array {
  return toBinary(QuerySchema, create(QuerySchema, { number: uint64(number ?? 0) }));
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeQuery(bytes: Uint8Array): number | undefined {
  return decodeMessage(QuerySchema, bytes, LIMITS.frameBytes, ({ number }) => {
    return number === 0n ? undefined : safeInteger(number);
  });
}

function kindToMessage(
  administration: Administration,
): NonNullable<MessageInitShape<typeof AdministrationSchema>['kind']> {
  switch (administration.kind) {
    case 'join':
      return { case: 'join', value: { participants: administration.participants.map(participantToMessage) } };
    case 'leave':
      return { case: 'leave', value: { radiants: administration.radiants.map(idToBytes) } };
    case 'move':
      return { case: 'move', value: { slot: administration.slot, to: idToBytes(administration.to) } };
    case 'fracture':
    case 'consolidate':
      return { case: administration.kind, value: administration.slot };
    case 'installed': {
      const { order, shard } = administration;
      return { case: 'installed', value: { order: idToBytes(order), shard: rangeToMessage(shard) } };
    }
  }
}

function kindFromMessage(kind: AdministrationMessage['kind']): Administration {
  switch (kind.case) {
    case 'join': {
      const { radiants } = LIMITS;
      const participants = boundedList(kind.value.participants, radiants, 'radiants', participantFromMessage);
      return { kind: 'join', participants: distinct(participants, ({ radiant }) => radiant, 'radiants') };
    }
    case 'leave': {
      const radiants = boundedList(kind.value.radiants, LIMITS.radiants, 'radiants', (id) =>
        idFromBytes<RadiantId>(id),
      );
      return { kind: 'leave', radiants };
    }
    case 'move':
      return { kind: 'move', slot: asSlot(kind.value.slot), to: idFromBytes(kind.value.to) };
    case 'fracture':
    case 'consolidate':
      return { kind: kind.case, slot: asSlot(kind.value) };
    case 'installed':
      return { kind: 'installed', order: idFromBytes(kind.value.order), shard: rangeFromMessage(kind.value.shard) };
    default:
      throw malformed("an administration's kind is missing");
  }
}
