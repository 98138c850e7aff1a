import { expect, test } from 'vitest';
import { stateMachineNamed } from '../../src/store/registry.ts';
import { bytesOfText, checkKey, checkOperation, checkValue } from '../../src/store/validation.ts';
import type { ErrorCode } from '../../src/wire/errors.ts';
import { LIMITS } from '../../src/wire/limits.ts';

const bytes = (length: number) => new Uint8Array(length);

const refused: readonly (readonly [string, () => void, ErrorCode])[] = [
  ['an empty key', () => checkKey(bytes(0)), 'INVALID_ARGUMENT'],
  ['a key that is a number', () => checkKey(7), 'INVALID_ARGUMENT'],
  ['a key that is missing', () => checkKey(undefined), 'INVALID_ARGUMENT'],
  ['a key beyond the limit', () => checkKey(bytes(LIMITS.messages.keyBytes + 1)), 'KEY_TOO_LARGE'],
  ['a value that is an object', () => checkValue({ length: 3 }), 'INVALID_ARGUMENT'],
  ['a value beyond the limit', () => checkValue(bytes(LIMITS.messages.valueBytes + 1)), 'VALUE_TOO_LARGE'],
  [
    'an append beyond the limit',
    () => checkOperation({ kind: 'append', key: bytes(1), value: bytes(LIMITS.messages.valueBytes + 1) }),
    'VALUE_TOO_LARGE',
  ],
  ['a delete of an empty key', () => checkOperation({ kind: 'delete', key: bytes(0) }), 'INVALID_ARGUMENT'],
  ['a missing text', () => bytesOfText(null, 'the key'), 'INVALID_ARGUMENT'],
  ['text with a lone surrogate', () => bytesOfText('a\ud83dz', 'the key'), 'INVALID_ARGUMENT'],
  ['a state machine of a newer build', () => stateMachineNamed('graph'), 'VERSION_UNSUPPORTED'],
];

test.each(refused)('%s is refused', (_, run, code) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});

test('arguments at the limits pass', () => {
  expect(() => checkKey(bytes(LIMITS.messages.keyBytes))).not.toThrow();
  expect(() => checkValue(bytes(LIMITS.messages.valueBytes))).not.toThrow();
  expect(() => checkOperation({ kind: 'put', key: bytes(1), value: bytes(0) })).not.toThrow();
  expect(bytesOfText('a😀', 'the key')).toEqual(Uint8Array.from([0x61, 0xf0, 0x9f, 0x98, 0x80]));
  expect(stateMachineNamed('key-value').name).toBe('key-value');
});
