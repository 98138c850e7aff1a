/** Prints a model of the schema as TypeScript. */
import { readersOf } from './reading.mjs';
import { typesOf } from './types.mjs';
import { writersOf } from './writing.mjs';

/** @import { Model } from './model.mjs' */

/**
 * @param {Model} model
 * @returns {string}
 */
export function typeScriptOf(model) {
  const code = [typesOf(model), ...model.messages.flatMap((message) => [writersOf(message), readersOf(message)])];
  return `${[importsOf(model, code.join('\n')), ...code].join('\n\n')}\n`;
}

/**
 * @param {Model} model
 * @param {string} code that needs the imports
 */
function importsOf({ name, messages }, code) {
  const fields = messages.flatMap((message) => [...message.fields, ...(message.union?.members ?? [])]);
  const ids = fields.filter(({ value }) => value === 'id').flatMap(({ as = [] }) => as);
  const numbers = fields.filter(({ value }) => value === 'number').flatMap(({ as = [] }) => as);
  const constructors = numbers.map((as) => `as${as}`).filter((one) => code.includes(one));
  const identifiers = [...constructors, ...[...ids, ...numbers].map((as) => `type ${as}`)];
  const decoding = ['malformed', 'missing', 'unsupportedVersion'].filter((one) => code.includes(`${one}(`));
  const versions = fields.flatMap(({ newest = [] }) => newest);
  return [
    `// Made from schema/${name}.proto by \`npm run generate\`.`,
    importOf(decoding, '../decoding.ts'),
    "import type { FieldReader } from '../field-reader.ts';",
    "import type { FieldWriter } from '../field-writer.ts';",
    importOf(identifiers, '../identifiers.ts'),
    importOf(versions, '../versions.ts'),
    ...(code.includes('NO_BYTES') ? ['', 'const NO_BYTES: Uint8Array = new Uint8Array(0);'] : []),
    ...(code.includes('NO_ITEMS') ? ['const NO_ITEMS: readonly never[] = [];'] : []),
  ].join('\n');
}

/**
 * @param {readonly string[]} names
 * @param {string} from
 */
function importOf(names, from) {
  const sorted = [...new Set(names)].sort();
  return sorted.length === 0 ? '' : `import { ${sorted.join(', ')} } from '${from}';`;
}
