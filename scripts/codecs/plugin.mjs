/** A plugin of `buf generate`. It turns the schema into types, and into codecs for `FieldWriter` and `FieldReader`. */
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { readFileSync, writeSync } from 'node:fs';
import { modelOf } from './model.mjs';
import { typeScriptOf } from './typescript.mjs';

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;

const request = fromBinary(CodeGeneratorRequestSchema, readFileSync(STANDARD_INPUT));
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: request.protoFile }));
const file = request.fileToGenerate
  .map((path) => modelOf(registry, path))
  .filter(({ messages }) => messages.length > 0)
  .map((model) => ({ name: `${model.name}.ts`, content: typeScriptOf(model) }));
const response = create(CodeGeneratorResponseSchema, {
  file,
  supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
});

const bytes = toBinary(CodeGeneratorResponseSchema, response);
// One write into a pipe may take only a part of the bytes.
for (let written = 0; written < bytes.length; ) written += writeSync(STANDARD_OUTPUT, bytes, written);
