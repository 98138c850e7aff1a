/** The code generator of the codecs: schemas go in, and the generated code runs. */
import { fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { modelOf } from '../../scripts/codecs/model.mjs';
import { typeScriptOf } from '../../scripts/codecs/typescript.mjs';
import { extent } from '../extent.ts';
import { ENTRY_SCHEMA_VERSION } from '../../src/wire/versions.ts';
import { compile, load, packageName } from './generated-code.ts';

const ZOO = `
// An animal of the zoo.
message Animal {
  uint32 legs = 1;
  optional uint64 keeper = 2 [(shardbearer.options.v1.as) = "ReplicaId"];
  bool tame = 3;
  string name = 4; // shown to visitors
  bytes photo = 5;
  bytes radiant = 6 [(shardbearer.options.v1.as) = "RadiantId"];
  Diet diet = 7;
  Place place = 8;
  repeated sint32 moves = 9;
  repeated uint64 weights = 10;
  repeated Place visited = 11;
  repeated string nicknames = 12;
  optional bytes order = 13 [(shardbearer.options.v1.as) = "OrderId"];
}
enum Diet {
  DIET_UNSPECIFIED = 0;
  DIET_PLANTS_ONLY = 1;
  DIET_MEAT = 2;
}
enum Mood {
  MOOD_CALM = 0;
  MOOD_WILD = 1;
}
message Place {
  uint32 row = 1;
  Mood mood = 2;
}
message Grouped {
  uint32 low = 1 [(shardbearer.options.v1.path) = "range.low"];
  uint32 high = 2 [(shardbearer.options.v1.path) = "range.high"];
}
message Event {
  uint64 number = 1;
  oneof what {
    Move moved_to = 2 [(shardbearer.options.v1.inline) = true];
    bytes photo = 3;
    uint32 slot = 4 [(shardbearer.options.v1.as) = "Slot"];
  }
}
message Move {
  uint32 row = 1;
  Mood mood = 2;
}
message Versioned {
  uint32 schema_version = 1 [(shardbearer.options.v1.newest) = "ENTRY_SCHEMA_VERSION"];
  Place place = 2;
}
message Photos {
  bytes view = 1;
  bytes copy = 2 [(shardbearer.options.v1.copied) = true];
}`;

/** Schemas that the generator refuses, with the reason. */
const REFUSED: readonly (readonly [string, RegExp, string])[] = [
  ['maps', /supports no maps/u, 'message One { map<string, uint32> counts = 1; }'],
  ['floats', /does not support this type/u, 'message One { double weight = 1; }'],
  ['signed varints without zigzag', /does not support this type/u, 'message One { int32 weight = 1; }'],
  ['a signed number outside of a list', /signed numbers in lists only/u, 'message One { sint32 move = 1; }'],
  ['a list of bools', /a bool as a single field only/u, 'message One { repeated bool flags = 1; }'],
  ['two oneofs', /two oneofs/u, 'message One { oneof a { uint32 b = 1; } oneof c { uint32 d = 2; } }'],
  ['a field behind a oneof', /fields behind its oneof/u, 'message One { oneof a { uint32 b = 1; } uint32 c = 2; }'],
  [
    'a message that is inlined under two kinds',
    /already inlined as left/u,
    `message Two { uint32 a = 1; }
     message One { oneof side {
       Two left = 1 [(shardbearer.options.v1.inline) = true];
       Two right = 2 [(shardbearer.options.v1.inline) = true];
     } }`,
  ],
];

const registry = compile([ZOO, ...REFUSED.map(([, , schema]) => schema)]);
const ZOO_PACKAGE = packageName(0);

function codeOf(at: number): string {
  return typeScriptOf(modelOf(registry, `${packageName(at)}.proto`));
}

const generated = codeOf(0);
const zoo = await load(generated);

function encode(name: string, message: unknown): Uint8Array {
  return zoo.encodeMessage(zoo[`write${name}`], message);
}

function decode(name: string, bytes: Uint8Array): unknown {
  return zoo.decodeMessage(name, bytes, 10_000, zoo[`read${name}`]);
}

/** The bytes of a message, by a library that shares no code with the generator. */
function bytesOf(name: string, json: JsonValue): Uint8Array {
  const description = registry.getMessage(`${ZOO_PACKAGE}.${name}`);
  if (description === undefined) throw new Error(`The schema has no message ${name}.`);
  return toBinary(description, fromJson(description, json));
}

/** The code of the error that `run` throws, or the error if it has no code. Undefined without an error. */
function failureOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

const RADIANT = '00112233445566778899aabbccddeeff';
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const place = (row: number, mood: 'calm' | 'wild'): object => ({ row, mood });

const ANIMAL = {
  legs: 300,
  keeper: 2 ** 53 - 1,
  tame: true,
  name: 'Zoë',
  photo: Uint8Array.of(1, 2, 3),
  radiant: RADIANT,
  diet: 'plants-only',
  place: place(7, 'wild'),
  moves: [0, -1, 1, -2_147_483_648],
  weights: [0, 127, 128, 2 ** 40],
  visited: [place(0, 'calm'), place(1, 'wild')],
  nicknames: ['', 'Z'],
  order: RADIANT,
};

const NOTHING = {
  legs: 0,
  keeper: undefined,
  tame: false,
  name: '',
  photo: new Uint8Array(0),
  radiant: RADIANT,
  diet: 'meat',
  place: place(0, 'calm'),
  moves: [],
  weights: [],
  visited: [],
  nicknames: [],
  order: undefined,
};

test('every type of field has the bytes that another library writes, and comes back the same', () => {
  const bytes = encode('Animal', ANIMAL);
  const expected = bytesOf('Animal', {
    legs: 300,
    keeper: String(2 ** 53 - 1),
    tame: true,
    name: 'Zoë',
    photo: base64('010203'),
    radiant: base64(RADIANT),
    diet: 'DIET_PLANTS_ONLY',
    place: { row: 7, mood: 'MOOD_WILD' },
    moves: [0, -1, 1, -2_147_483_648],
    weights: ['0', '127', '128', String(2 ** 40)],
    visited: [{}, { row: 1, mood: 'MOOD_WILD' }],
    nicknames: ['', 'Z'],
    order: base64(RADIANT),
  });
  expect(bytes).toEqual(expected);
  expect(decode('Animal', bytes)).toEqual(ANIMAL);
});

test('zero, false, empty and absent values take no bytes and come back the same', () => {
  const bytes = encode('Animal', NOTHING);
  expect(bytes).toEqual(bytesOf('Animal', { radiant: base64(RADIANT), diet: 'DIET_MEAT', place: {} }));
  expect(decode('Animal', bytes)).toEqual(NOTHING);
});

test.each([
  ['an id', { diet: 'DIET_MEAT', place: {} }, 'Animal.radiant is missing'],
  ['a submessage', { radiant: base64(RADIANT), diet: 'DIET_MEAT' }, 'Animal.place is missing'],
  ['a value of an enumeration', { radiant: base64(RADIANT), place: {} }, 'a known Animal.diet is missing'],
])('a message without %s is malformed', (_part, json, reason) => {
  const bytes = bytesOf('Animal', json);
  expect(() => decode('Animal', bytes)).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }));
  expect(() => decode('Animal', bytes)).toThrow(reason);
});

test.each([
  ['an id of 15 bytes', 'Animal', { radiant: base64(RADIANT.slice(2)), diet: 'DIET_MEAT', place: {} }],
  ['a number outside of the range of its type', 'Event', { slot: 16_384 }],
])('%s is malformed', (_what, name, json) => {
  expect(() => decode(name, bytesOf(name, json))).toThrow(expect.objectContaining({ code: 'FRAME_MALFORMED' }));
});

test('fields that this build does not know are skipped', () => {
  // Field 99 with a varint, 8 bytes, a length and 4 bytes.
  const unknown = [0x98, 6, 1, 0x99, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0x9a, 6, 2, 9, 9, 0x9d, 6, 1, 2, 3, 4];
  expect(decode('Animal', Uint8Array.of(...unknown, ...encode('Animal', ANIMAL), ...unknown))).toEqual(ANIMAL);
});

test('fields whose paths begin alike lie in one object', () => {
  const bytes = encode('Grouped', { range: { low: 1, high: 2 } });
  expect(bytes).toEqual(bytesOf('Grouped', { low: 1, high: 2 }));
  expect(decode('Grouped', bytes)).toEqual({ range: { low: 1, high: 2 } });
});

test.each([
  [{ kind: 'moved-to', row: 3, mood: 'wild' }, { movedTo: { row: 3, mood: 'MOOD_WILD' } }],
  [{ kind: 'photo', photo: new Uint8Array(0) }, { photo: '' }],
  [{ kind: 'slot', slot: 0 }, { slot: 0 }],
])('the member of a oneof is an object of its kind: %o', (what, json) => {
  const bytes = encode('Event', { number: 5, what });
  expect(bytes).toEqual(bytesOf('Event', { number: '5', ...json }));
  expect(decode('Event', bytes)).toEqual({ number: 5, what });
});

test('a oneof that is missing or there twice is malformed', () => {
  const twice = Uint8Array.of(...bytesOf('Event', { photo: '' }), ...bytesOf('Event', { slot: 1 }));
  for (const [bytes, reason] of [
    [bytesOf('Event', { number: '5' }), 'Event.what is missing'],
    [twice, 'Event.what is there twice'],
  ] as const) {
    expect(() => decode('Event', bytes)).toThrow(reason);
  }
});

test('a message of a newer schema is refused before its other fields are read', () => {
  const newest = Uint8Array.of(...bytesOf('Versioned', { schemaVersion: ENTRY_SCHEMA_VERSION, place: {} }));
  expect(decode('Versioned', newest)).toEqual({ schemaVersion: ENTRY_SCHEMA_VERSION, place: place(0, 'calm') });
  // The place is cut off.
  const newer = Uint8Array.of(...bytesOf('Versioned', { schemaVersion: ENTRY_SCHEMA_VERSION + 1 }), 0x12, 9);
  expect(() => decode('Versioned', newer)).toThrow(expect.objectContaining({ code: 'VERSION_UNSUPPORTED' }));
  expect(() => decode('Versioned', bytesOf('Versioned', { place: {} }))).toThrow(
    expect.objectContaining({ code: 'FRAME_MALFORMED' }),
  );
});

test('bytes are views of the message, or copies where the schema says so', () => {
  const bytes = encode('Photos', { view: Uint8Array.of(1), copy: Uint8Array.of(2) });
  const photos = decode('Photos', bytes);
  bytes.fill(9);
  expect(photos).toEqual({ view: Uint8Array.of(9), copy: Uint8Array.of(2) });
});

test('random bytes are read as a message or end in a typed error', () => {
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let run = 0; run < extent(2_000, 20_000); run++) {
    const bytes = encode('Animal', ANIMAL);
    for (let damage = 0; damage < 3; damage++) bytes[random() % bytes.length] = random() & 0xff;
    expect([undefined, 'FRAME_MALFORMED']).toContain(failureOf(() => decode('Animal', bytes)));
  }
});

test('comments of the schema describe the types', () => {
  expect(generated).toContain('/** An animal of the zoo. */\nexport interface Animal {');
  expect(generated).toContain('  /** Shown to visitors */\n  readonly name: string;');
});

test.each(REFUSED)('the generator refuses %s', (_what, reason, schema) => {
  const at = 1 + REFUSED.findIndex(([, , other]) => other === schema);
  expect(() => codeOf(at)).toThrow(reason);
});

test('the generator refuses a file that does not exist', () => {
  expect(() => modelOf(registry, 'nowhere.proto')).toThrow('The schema has no file nowhere.proto.');
});
