/** Prints the functions that read messages. */
import { groupsOf } from './types.mjs';

/** @import { Field, Message, Union } from './model.mjs' */

/**
 * @param {Message} message
 * @returns {string}
 */
export function readersOf(message) {
  const { name, fields, union, isUnion } = message;
  const cases = [
    ...fields.flatMap(readField),
    ...(union?.members.flatMap((member) => readMember(member, union)) ?? []),
  ];
  return [
    `export function read${name}(reader: FieldReader): ${name} {`,
    ...fields.map((field) => `  ${variableOf(field)}`),
    ...(union === undefined ? [] : [`  let ${union.local}: ${union.type} | undefined;`]),
    ...loopOf(cases),
    ...fields.flatMap(checkVersion),
    union !== undefined && isUnion
      ? `  return ${union.local} ?? missing('${union.label}');`
      : `  return { ${resultOf(message)} };`,
    '}',
  ].join('\n');
}

/** @param {readonly string[]} cases */
function loopOf(cases) {
  if (cases.length === 0) return ['  while (reader.next() !== 0) reader.skip();'];
  return [
    '  for (let field = reader.next(); field !== 0; field = reader.next()) {',
    '    switch (field) {',
    ...cases.map((line) => `      ${line}`),
    '      default:',
    '        reader.skip();',
    '    }',
    '  }',
  ];
}

/** @param {Field} field */
function variableOf({ local, value, type, isList, isOptional }) {
  if (isList) return `let ${local}: ${value === 'number' ? 'number' : type}[] | undefined;`;
  switch (value) {
    case 'number':
    case 'enum':
      return `let ${local} = 0;`;
    case 'flag':
      return `let ${local} = false;`;
    case 'text':
      return `let ${local} = '';`;
    case 'bytes':
      return isOptional ? `let ${local}: Uint8Array | undefined;` : `let ${local} = NO_BYTES;`;
    default:
      return `let ${local}: ${type} | undefined;`;
  }
}

/** @param {Field} field */
function readField(field) {
  const { number, local, newest, label } = field;
  return [
    `case ${number}:`,
    `  ${field.isList ? readItem(field) : `${local} = ${readValue(field)}`};`,
    // Checks a schema version before later fields are read, because a newer version may give them another meaning.
    ...(newest === undefined
      ? []
      : [`  if (${local} > ${newest}) throw unsupportedVersion(${local}, ${newest}, '${label}');`]),
    '  break;',
  ];
}

/** @param {Field} field */
function readItem(field) {
  const { local, value, type, label } = field;
  const list = `(${local} ??= [])`;
  if (value === 'number') return `reader.numbers(${list})`;
  if (value === 'signed') return `reader.signedNumbers(${list})`;
  return `${list}.push(${value === 'id' ? `reader.id<${type}>() ?? missing('${label}')` : readValue(field)})`;
}

/** @param {Field} field */
function readValue({ value, type, isCopied }) {
  switch (value) {
    case 'message':
      return `reader.message(read${type})`;
    case 'bytes':
      return isCopied ? 'reader.bytes()' : 'reader.view()';
    case 'enum':
    case 'number':
      return 'reader.number()';
    case 'flag':
      return 'reader.number() !== 0';
    default:
      return `reader.${value}()`;
  }
}

/**
 * @param {Field} member
 * @param {Union} union
 */
function readMember(member, { local, label }) {
  const { number, kind, isInline, path, value, as } = member;
  const read = value === 'number' && as !== undefined ? `as${as}(${readValue(member)})` : readValue(member);
  return [
    `case ${number}:`,
    `  if (${local} !== undefined) throw malformed('${label} is there twice');`,
    `  ${local} = ${isInline ? read : `{ kind: '${kind}', ${path.join('.')}: ${read} }`};`,
    '  break;',
  ];
}

/** @param {Field} field */
function checkVersion({ newest, local, label }) {
  return newest === undefined ? [] : [`  if (${local} === 0) missing('${label}');`];
}

/** @param {Message} message */
function resultOf({ kind, fields, union }) {
  const properties = kind === undefined ? [] : [`kind: '${kind}'`];
  properties.push(...propertiesOf(fields, 0));
  if (union !== undefined) properties.push(`${union.local}: ${union.local} ?? missing('${union.label}')`);
  return properties.join(', ');
}

/**
 * @param {readonly Field[]} fields
 * @param {number} depth
 * @returns {readonly string[]}
 */
function propertiesOf(fields, depth) {
  return [...groupsOf(fields, depth)].map(([property, group]) => {
    const [field] = group;
    if (field === undefined || field.path.length > depth + 1) {
      return `${property}: { ${propertiesOf(group, depth + 1).join(', ')} }`;
    }
    const value = valueOf(field);
    return value === property ? property : `${property}: ${value}`;
  });
}

/**
 * Prints the expression for the value of a field after the whole message was read.
 * @param {Field} field
 */
function valueOf({ local, value, type, as, isList, isOptional, label }) {
  if (isList)
    return value === 'number' && as !== undefined ? `${local}?.map(as${as}) ?? NO_ITEMS` : `${local} ?? NO_ITEMS`;
  if (value === 'enum') return `${tableOf(type)}[${local}] ?? missing('a known ${label}')`;
  if (value === 'number') {
    const checked = as === undefined ? local : `as${as}(${local})`;
    return isOptional ? `${local} === 0 ? undefined : ${checked}` : checked;
  }
  if (value === 'text' && isOptional) return `${local} === '' ? undefined : ${local}`;
  return !isOptional && (value === 'id' || value === 'message') ? `${local} ?? missing('${label}')` : local;
}

/** @param {string} type */
function tableOf(type) {
  return `${type.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toUpperCase()}S`;
}
