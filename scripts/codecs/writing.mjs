/** Prints the functions that write messages. */

/** @import { Field, Message, Union } from './model.mjs' */

/**
 * @param {Message} message
 * @returns {string}
 */
export function writersOf({ name, fields, union, isUnion }) {
  const body = fields.map((field) => `  ${writeField(field)}`);
  if (union !== undefined) body.push(...writeUnion(union, isUnion ? 'message' : `message.${union.local}`));
  const isEmpty = body.length === 0;
  return [
    `export function write${name}(${isEmpty ? '_writer' : 'writer'}: FieldWriter, ${isEmpty ? '_message' : 'message'}: ${name}): void {`,
    ...body,
    '}',
  ].join('\n');
}

/** @param {Field} field */
function writeField(field) {
  const place = `message.${field.path.join('.')}`;
  if (!field.isList) {
    const condition = presenceOf(field, place);
    const write = field.value === 'flag' ? `writer.number(${field.number}, 1)` : writeValue(field, place);
    return `${condition === undefined ? '' : `if (${condition}) `}${write};`;
  }
  if (field.value === 'number' || field.value === 'signed') {
    const list = field.value === 'number' ? 'numbers' : 'signedNumbers';
    return `if (${place}.length > 0) writer.${list}(${field.number}, ${place});`;
  }
  return `for (const item of ${place}) ${writeValue(field, 'item')};`;
}

/**
 * Prints the condition under which a value is written. Undefined for a value that is always written.
 * @param {Field} field
 * @param {string} place
 */
function presenceOf({ value, isOptional, hasZero, type }, place) {
  const conditions = isOptional ? [`${place} !== undefined`] : [];
  if (value === 'number') conditions.push(`${place} !== 0`);
  if (value === 'enum' && hasZero) conditions.push(`${numbersOf(type)}[${place}] !== 0`);
  if (value === 'flag') conditions.push(place);
  if (value === 'text') conditions.push(`${place} !== ''`);
  if (value === 'bytes') conditions.push(`${place}.length > 0`);
  return conditions.length === 0 ? undefined : conditions.join(' && ');
}

/**
 * @param {Field} field
 * @param {string} value
 */
function writeValue(field, value) {
  const { number } = field;
  switch (field.value) {
    case 'message':
      return `writer.nested(${number}, write${field.type}, ${value})`;
    case 'enum':
      return `writer.number(${number}, ${numbersOf(field.type)}[${value}])`;
    case 'flag':
      throw new Error(`${field.label}: the generator supports a bool as a single field only.`);
    case 'signed':
      throw new Error(`${field.label}: the generator supports signed numbers in lists only.`);
    default:
      return `writer.${field.value}(${number}, ${value})`;
  }
}

/** @param {string} type */
function numbersOf(type) {
  return `${type.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toUpperCase()}_NUMBERS`;
}

/**
 * @param {Union} union
 * @param {string} place
 */
function writeUnion({ members }, place) {
  return [
    `  switch (${place}.kind) {`,
    ...members.flatMap((member) => {
      const value = member.isInline ? place : `${place}.${member.path.join('.')}`;
      return [`    case '${member.kind}':`, `      return ${writeValue(member, value)};`];
    }),
    '  }',
  ];
}
