/** Reads the descriptors of a schema file into a model of the TypeScript code to generate. */
import { getExtension, hasExtension, ScalarType } from '@bufbuild/protobuf';

/** @import { DescEnum, DescEnumValue, DescField, DescFile, DescMessage, DescOneof, FileRegistry } from '@bufbuild/protobuf' */

/** @typedef {'number' | 'signed' | 'flag' | 'text' | 'bytes' | 'id' | 'enum' | 'message'} ValueKind */

/**
 * @typedef {object} Field
 * @property {number} number
 * @property {string} label names the field in errors
 * @property {string} local name of the variable that holds the value while a message is read
 * @property {readonly string[]} path of the value in its object
 * @property {ValueKind} value
 * @property {string} type of one value, in TypeScript
 * @property {string | undefined} as the checked type from identifiers.ts
 * @property {string | undefined} newest the constant with the newest schema version
 * @property {boolean} isList
 * @property {boolean} isOptional
 * @property {boolean} hasZero whether one value of the enumeration has the number 0
 * @property {boolean} isCopied whether the reader copies the bytes
 * @property {boolean} isOmittable whether an object may lack the property
 * @property {boolean} isInline whether the fields of the message become properties of the union's member
 * @property {string} kind of the union's member, for a member of a oneof
 * @property {string} comment
 */

/** @typedef {{ local: string, type: string, label: string, members: readonly Field[] }} Union */

/**
 * @typedef {object} Message
 * @property {string} name
 * @property {string} comment
 * @property {string | undefined} [kind] the literal that an inlined message carries
 * @property {readonly Field[]} fields outside of the oneof, by number
 * @property {Union | undefined} union the oneof
 * @property {boolean} isUnion whether the message has no field outside of its oneof
 */

/** @typedef {{ name: string, comment: string, constant: string, values: readonly { name: string, number: number, comment: string }[] }} Enumeration */

/** @typedef {{ name: string, messages: readonly Message[], enums: readonly Enumeration[] }} Model */

/**
 * @param {FileRegistry} registry
 * @param {string} path of the file in the schema
 * @returns {Model}
 */
export function modelOf(registry, path) {
  const file = registry.getFile(path);
  if (file === undefined) throw new Error(`The schema has no file ${path}.`);
  const reader = new SchemaReader(registry, file);
  const all = file.messages.flatMap(withNested);
  const messages = all.map((message) => reader.message(message));
  const kinds = inlineKinds(messages);
  return {
    name: file.name,
    messages: messages.map((message) => ({ ...message, kind: kinds.get(message.name) })),
    enums: [...file.enums, ...all.flatMap(({ nestedEnums }) => nestedEnums)].map((one) => reader.enumeration(one)),
  };
}

/**
 * @param {DescMessage} message
 * @returns {readonly DescMessage[]}
 */
function withNested(message) {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

/**
 * Returns the kind of each inlined message. The type of such a message contains its kind in the oneof, so the message
 * can be inlined under one kind only.
 * @param {readonly Message[]} messages
 */
function inlineKinds(messages) {
  /** @type {Map<string, string>} */
  const kinds = new Map();
  for (const { type, kind, isInline, label } of messages.flatMap(({ union }) => union?.members ?? [])) {
    if (!isInline) continue;
    const other = kinds.get(type) ?? kind;
    if (other !== kind)
      throw new Error(`${label}: ${type} is already inlined as ${other}. Remove one of the two options.`);
    kinds.set(type, kind);
  }
  return kinds;
}

/** @type {Readonly<Record<ValueKind, string>>} */
const TYPES = {
  number: 'number',
  signed: 'number',
  flag: 'boolean',
  text: 'string',
  bytes: 'Uint8Array',
  id: 'RandomId',
  enum: 'string',
  message: 'object',
};

class SchemaReader {
  #comments;
  #options;
  #packageName;

  /**
   * @param {FileRegistry} registry
   * @param {DescFile} file
   */
  constructor(registry, file) {
    this.#comments = commentsOf(file);
    this.#packageName = file.proto.package;
    this.#options = registry.getFile('options.proto')?.extensions ?? [];
  }

  /**
   * @param {DescMessage} message
   * @returns {Message}
   */
  message(message) {
    const name = this.#name(message);
    const oneofs = message.oneofs.map((oneof) => this.#union(oneof, name));
    const fields = message.fields.filter(({ oneof }) => oneof === undefined).map((field) => this.#field(field));
    const [union] = oneofs;
    if (oneofs.length > 1) throw new Error(`${name} has two oneofs. The generator supports one.`);
    const first = union?.members[0]?.number ?? Infinity;
    if (fields.some(({ number }) => number > first)) throw new Error(`${name} has fields behind its oneof.`);
    return {
      name,
      comment: this.#comment(message),
      fields,
      union,
      isUnion: union !== undefined && fields.length === 0,
    };
  }

  /**
   * @param {DescEnum} one
   * @returns {Enumeration}
   */
  enumeration(one) {
    const values = one.values.map((value) => ({
      name: nameOf(value),
      number: value.number,
      comment: this.#comments.get(pathOf(value.parent).concat(2, one.values.indexOf(value)).join()) ?? '',
    }));
    const name = this.#name(one);
    return {
      name,
      comment: this.#comment(one),
      constant: screaming(name),
      values: values.filter((value) => value.name !== 'unspecified'),
    };
  }

  /**
   * @param {DescOneof} oneof
   * @param {string} message
   * @returns {Union}
   */
  #union(oneof, message) {
    const members = oneof.fields.map((field) => this.#field(field));
    const isWhole = oneof.parent.fields.length === oneof.fields.length;
    const type = isWhole ? message : message + capital(oneof.localName);
    return { local: oneof.localName, type, label: `${message}.${oneof.localName}`, members };
  }

  /**
   * @param {DescField} field
   * @returns {Field}
   */
  #field(field) {
    const as = this.#text(field, 'as');
    const value = valueKindOf(field, as);
    const { localName } = field;
    const label = `${this.#name(field.parent)}.${localName}`;
    const isOptional = field.proto.proto3Optional;
    const path = (this.#text(field, 'path') ?? localName).split('.');
    return {
      number: field.number,
      label,
      local: localName,
      path,
      value,
      type: this.#typeOf(field, value, as),
      as,
      newest: this.#text(field, 'newest'),
      isList: field.fieldKind === 'list',
      isOptional,
      hasZero: field.enum?.values.some((one) => one.number === 0 && nameOf(one) !== 'unspecified') ?? false,
      isCopied: this.#option(field, 'copied') === true,
      isOmittable: isOptional && (value === 'bytes' || this.#option(field, 'omittable') === true),
      isInline: this.#option(field, 'inline') === true,
      kind: field.name.replaceAll('_', '-'),
      comment: this.#comment(field),
    };
  }

  /**
   * @param {DescField} field
   * @param {ValueKind} value
   * @param {string | undefined} as
   */
  #typeOf(field, value, as) {
    if (value === 'message' && field.message !== undefined) return this.#name(field.message);
    if (value === 'enum' && field.enum !== undefined) return this.#name(field.enum);
    return as ?? TYPES[value];
  }

  /**
   * @param {DescMessage | DescEnum} description
   * @returns {string}
   */
  #name(description) {
    return description.typeName.slice(this.#packageName.length).replaceAll('.', '');
  }

  /** @param {DescMessage | DescEnum | DescField} description */
  #comment(description) {
    return this.#comments.get(pathOf(description).join()) ?? '';
  }

  /**
   * @param {DescField} field
   * @param {string} name
   */
  #text(field, name) {
    const value = this.#option(field, name);
    return typeof value === 'string' ? value : undefined;
  }

  /**
   * @param {DescField} field
   * @param {string} name
   * @returns {unknown}
   */
  #option(field, name) {
    const extension = this.#options.find((one) => one.name === name);
    const options = field.proto.options;
    if (extension === undefined || options === undefined || !hasExtension(options, extension)) return undefined;
    return getExtension(options, extension);
  }
}

/**
 * @param {DescField} field
 * @param {string | undefined} as
 * @returns {ValueKind}
 */
function valueKindOf(field, as) {
  if (field.fieldKind === 'map') throw new Error(`${field.toString()}: the generator supports no maps.`);
  if (field.message !== undefined) return 'message';
  if (field.enum !== undefined) return 'enum';
  switch (field.scalar) {
    case ScalarType.UINT32:
    case ScalarType.UINT64:
      return 'number';
    case ScalarType.SINT32:
      return 'signed';
    case ScalarType.BOOL:
      return 'flag';
    case ScalarType.STRING:
      return 'text';
    case ScalarType.BYTES:
      return as === undefined ? 'bytes' : 'id';
    default:
      throw new Error(`${field.toString()}: the generator does not support this type.`);
  }
}

/**
 * Returns the comments of the schema, by the paths of the descriptions to which they belong.
 * @param {DescFile} file
 */
function commentsOf(file) {
  const locations = file.proto.sourceCodeInfo?.location ?? [];
  return new Map(
    locations.map(({ path, leadingComments, trailingComments }) => {
      const text = [leadingComments, trailingComments].map((comment) => comment.trim()).filter(Boolean);
      return [path.join(), text.join('\n').replaceAll(/\n /gu, '\n')];
    }),
  );
}

/**
 * Returns the path of a description in its file, with the numbers that `SourceCodeInfo` uses.
 * @param {DescMessage | DescEnum | DescField} description
 * @returns {readonly number[]}
 */
function pathOf(description) {
  if (description.kind === 'field') {
    return [...pathOf(description.parent), 2, description.parent.fields.indexOf(description)];
  }
  const { parent, file } = description;
  if (description.kind === 'enum') {
    if (parent === undefined) return [5, file.enums.indexOf(description)];
    return [...pathOf(parent), 4, parent.nestedEnums.indexOf(description)];
  }
  if (parent === undefined) return [4, file.messages.indexOf(description)];
  return [...pathOf(parent), 3, parent.nestedMessages.indexOf(description)];
}

/** @param {DescEnumValue} value */
function nameOf(value) {
  return value.localName.toLowerCase().replaceAll('_', '-');
}

/** @param {string} name */
function capital(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** @param {string} name */
function screaming(name) {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toUpperCase();
}
