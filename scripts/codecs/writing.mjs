/** Prints the function that writes a message. */

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
  if (field.isList) return writeList(field, place);
  if (!field.isOptional) return `${writeValue(field, place)};`;
  if (field.value === 'message' || field.value === 'bytes')
    return `if (${place} !== undefined) ${writeValue(field, place)};`;
  if (field.value === 'id') return `${writeValue(field, place)};`;
  return `${writeValue(field, `${place} ?? ${field.value === 'text' ? "''" : '0'}`)};`;
}

/**
 * @param {Field} field
 * @param {string} place
 */
function writeList(field, place) {
  if (field.value === 'number') return `writer.numbers(${field.number}, ${place});`;
  if (field.value === 'signed') return `writer.signedNumbers(${field.number}, ${place});`;
  return `for (const item of ${place}) ${writePresent(field, 'item')};`;
}

/**
 * Prints the call that writes a value even if the value is 0 or empty.
 * @param {Field} field
 * @param {string} value
 */
function writePresent(field, value) {
  if (field.value === 'number') return `writer.presentNumber(${field.number}, ${value})`;
  if (field.value === 'bytes') return `writer.element(${field.number}, ${value})`;
  if (field.value === 'text') return `writer.textElement(${field.number}, ${value})`;
  return writeValue(field, value);
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
      return [`    case '${member.kind}':`, `      return ${writePresent(member, value)};`];
    }),
    '  }',
  ];
}
