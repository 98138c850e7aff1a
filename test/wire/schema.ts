/** Decodes messages by the schema alone, with a library that shares no code with the generated codecs. */
import {
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { hexFromBytes } from '../../src/wire/identifiers.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const buf = fileURLToPath(new URL('../../node_modules/@bufbuild/buf/bin/buf', import.meta.url));
const descriptors = execFileSync(process.execPath, [buf, 'build', '-o', '-'], { cwd: ROOT, maxBuffer: 10_000_000 });
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));

/** @param name name of a message; a name without a package refers to `shardbearer.v1` */
function descriptionOf(name: string): DescMessage {
  const description = registry.getMessage(name.includes('.') ? name : `shardbearer.v1.${name}`);
  if (description === undefined) throw new Error(`The schema has no message ${name}.`);
  return description;
}

/** The message in the JSON form of Protocol Buffers, with 64-bit numbers as text and bytes in Base64. */
export function jsonOf(name: string, bytes: Uint8Array): JsonValue {
  const description = descriptionOf(name);
  return toJson(description, fromBinary(description, bytes), { alwaysEmitImplicit: true });
}

export function bytesOfJson(name: string, json: JsonValue): Uint8Array {
  const description = descriptionOf(name);
  return toBinary(description, fromJson(description, json));
}

/** Checks that the bytes hold known fields only, in the order of the schema, and no default values. */
export function expectCanonical(name: string, bytes: Uint8Array): void {
  const description = descriptionOf(name);
  const message = fromBinary(description, bytes);
  expect(message.$unknown ?? []).toEqual([]);
  expect(hexFromBytes(toBinary(description, message))).toBe(hexFromBytes(bytes));
}

/** Converts bytes from hexadecimal into the JSON form of Protocol Buffers. */
export function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
