/** Prints the types of messages and enumerations, and the tables between the names and numbers of enumerations. */

/** @import { Enumeration, Field, Message, Model, Union } from './model.mjs' */

/**
 * @param {Model} model
 * @returns {string}
 */
export function typesOf({ enums, messages }) {
  const one = enums.map(enumTypeOf);
  const byName = new Map(messages.map((message) => [message.name, message]));
  return [...one, ...messages.map((message) => messageTypeOf(message, byName))].join('\n\n');
}

/** @param {Enumeration} enumeration */
function enumTypeOf({ name, comment, constant, values }) {
  const byNumber = [];
  for (const value of values) byNumber[value.number] = `'${value.name}'`;
  const inMemory = Array.from(byNumber, (value) => value ?? 'undefined').join(', ');
  return [
    `${jsDoc(comment)}export type ${name} =`,
    ...values.map((value) => `${jsDoc(value.comment, '  ')}  | '${value.name}'`),
    ';',
    `const ${constant}_NUMBERS: Readonly<Record<${name}, number>> = {`,
    ...values.map((value) => `  '${value.name}': ${value.number},`),
    '};',
    `/** By their numbers on the wire. */`,
    `export const ${constant}S: readonly (${name} | undefined)[] = [${inMemory}];`,
  ].join('\n');
}

/**
 * @param {Message} message
 * @param {ReadonlyMap<string, Message>} all
 */
function messageTypeOf(message, all) {
  const { name, comment, kind, fields, union, isUnion } = message;
  if (union !== undefined && isUnion) return `${jsDoc(comment)}${unionTypeOf(union, all)}\n\n${kindsOf(union)}`;
  const object = [
    `${jsDoc(comment)}export interface ${name} {`,
    ...(kind === undefined ? [] : [`  readonly kind: '${kind}';`]),
    membersOf(fields, 0),
    ...(union === undefined ? [] : [`  readonly ${union.local}: ${union.type};`]),
    '}',
  ].join('\n');
  return union === undefined ? object : `${unionTypeOf(union, all)}\n\n${object}`;
}

/**
 * @param {Union} union
 * @param {ReadonlyMap<string, Message>} all
 */
function unionTypeOf({ type, members }, all) {
  const kinds = members.map((member) => {
    const comment = member.isInline ? all.get(member.type)?.comment : member.comment;
    const shape = member.isInline ? member.type : `{ readonly kind: '${member.kind}'; ${membersOf([member], 0)} }`;
    return `${jsDoc(comment ?? '', '  ')}  | ${shape}`;
  });
  return [`export type ${type} =`, ...kinds, ';'].join('\n');
}

/** @param {Union} union */
function kindsOf({ type, members }) {
  /** @type {string[]} */
  const kinds = [];
  for (const { number, kind } of members) kinds[number] = `'${kind}'`;
  const list = Array.from(kinds, (kind) => kind ?? 'undefined').join(', ');
  const constant = type.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toUpperCase();
  return `/** By the numbers of their fields. */\nexport const ${constant}_KINDS: readonly (${type}['kind'] | undefined)[] = [${list}];`;
}

/**
 * Prints the properties of an object. Fields whose paths begin with the same property form a nested object.
 * @param {readonly Field[]} fields
 * @param {number} depth
 * @returns {string}
 */
function membersOf(fields, depth) {
  return [...groupsOf(fields, depth)]
    .map(([property, group]) => {
      const [field] = group;
      if (field !== undefined && field.path.length === depth + 1) return propertyOf(field, property);
      return `  readonly ${property}: {\n${membersOf(group, depth + 1)}\n  };`;
    })
    .join('\n');
}

/**
 * @param {readonly Field[]} fields
 * @param {number} depth
 * @returns {ReadonlyMap<string, readonly Field[]>}
 */
export function groupsOf(fields, depth) {
  /** @type {Map<string, Field[]>} */
  const groups = new Map();
  for (const field of fields) {
    const property = field.path[depth] ?? '';
    groups.set(property, [...(groups.get(property) ?? []), field]);
  }
  return groups;
}

/**
 * @param {Field} field
 * @param {string} property
 */
function propertyOf(field, property) {
  const comment = jsDoc(field.comment, '  ');
  if (field.isList) return `${comment}  readonly ${property}: readonly ${field.type}[];`;
  if (field.isOmittable) return `${comment}  readonly ${property}?: ${field.type} | undefined;`;
  return `${comment}  readonly ${property}: ${field.type}${field.isOptional ? ' | undefined' : ''};`;
}

/**
 * @param {string} comment
 * @param {string} indent
 */
function jsDoc(comment, indent = '') {
  if (comment === '') return '';
  const text = comment.charAt(0).toUpperCase() + comment.slice(1);
  return `${indent}/** ${text.replaceAll('\n', `\n${indent} * `)} */\n`;
}
