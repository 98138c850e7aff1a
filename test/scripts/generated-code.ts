/** Compiles schemas and loads generated code, for the tests of the code generator. */
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pathOf = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** The package of a schema, which is also the name of its file. */
export function packageName(at: number): string {
  return `schema_${at}`;
}

/** Compiles each schema as a file and a package of its own. */
export function compile(schemas: readonly string[]): FileRegistry {
  const directory = mkdtempSync(join(tmpdir(), 'shardbearer-codecs-'));
  try {
    writeFileSync(join(directory, 'buf.yaml'), 'version: v2\n');
    copyFileSync(pathOf('src/wire/schema/options.proto'), join(directory, 'options.proto'));
    for (const [at, schema] of schemas.entries()) {
      const head = `syntax = "proto3";\npackage ${packageName(at)};\nimport "options.proto";\n`;
      writeFileSync(join(directory, `${packageName(at)}.proto`), `${head}${schema}\n`);
    }
    const buf = pathOf('node_modules/@bufbuild/buf/bin/buf');
    const descriptors = execFileSync(process.execPath, [buf, 'build', '-o', '-'], { cwd: directory });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface GeneratedModule {
  encodeMessage(write: unknown, message: unknown): Uint8Array;
  decodeMessage(name: string, bytes: Uint8Array, largest: number, read: unknown): unknown;
  readonly [coder: `write${string}` | `read${string}`]: unknown;
}

/** Bundles generated code with the field reader and writer, and loads it. */
export async function load(code: string): Promise<GeneratedModule> {
  const contents = `${code}
    export { encodeMessage } from '../field-writer.ts';
    export { decodeMessage } from '../field-reader.ts';`;
  const stdin = { contents, loader: 'ts', resolveDir: pathOf('src/wire/generated') } as const;
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', target: 'es2023', write: false });
  const [bundle] = outputFiles;
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the generator wrote this module
  const loaded: GeneratedModule = await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(bundle?.contents ?? []).toString('base64')}`
  );
  return loaded;
}
