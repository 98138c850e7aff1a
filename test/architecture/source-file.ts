/** A parsed source file, with its imports, the globals that it reads, and the lengths of its functions. */
import { parseSync } from 'vite';

export interface SourceFile {
  /** Path relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Reference {
  readonly name: string;
  readonly line: number;
}

export interface ParsedFile {
  readonly path: string;
  readonly lines: number;
  /** Specifiers of all imports: import, export-from, `import()`, imported type, and `new URL(…, import.meta.url)`. */
  readonly imports: readonly Reference[];
  /** Names that are read as values and that the file does not declare. `Math.random` counts as one name. */
  readonly globals: readonly Reference[];
  readonly declarations: readonly Reference[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[];
  /** Async functions, and uses of `await`. */
  readonly asynchronous: readonly Reference[];
  readonly enums: readonly Reference[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

const FUNCTION_TYPES = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
/** Kinds of type nodes that contain an expression. */
const EXPRESSION_WRAPPERS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
  'TSExportAssignment',
]);
/** By kind of node: its properties that name something without reading it. */
const NAMING_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  MemberExpression: ['property'],
  Property: ['key'],
  PropertyDefinition: ['key'],
  AccessorProperty: ['key'],
  MethodDefinition: ['key'],
  LabeledStatement: ['label'],
  BreakStatement: ['label'],
  ContinueStatement: ['label'],
  MetaProperty: ['meta', 'property'],
  ImportSpecifier: ['imported'],
  ExportSpecifier: ['exported'],
  JSXAttribute: ['name'],
};
const DECLARING_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  VariableDeclarator: ['id'],
  FunctionDeclaration: ['id', 'params'],
  FunctionExpression: ['id', 'params'],
  ArrowFunctionExpression: ['params'],
  ClassDeclaration: ['id'],
  ClassExpression: ['id'],
  CatchClause: ['param'],
  ImportSpecifier: ['local'],
  ImportDefaultSpecifier: ['local'],
  ImportNamespaceSpecifier: ['local'],
  TSEnumDeclaration: ['id'],
};

export function parseSource(file: SourceFile): ParsedFile {
  const parsed = parseSync(file.path, file.text);
  const problem = parsed.errors[0];
  if (problem !== undefined) throw new SyntaxError(`${file.path}: ${problem.message}`);
  const reader = new SourceReader(file.text);
  if (!isNode(parsed.program)) throw new TypeError(`${file.path} has no syntax tree`);
  reader.visit(parsed.program);
  const declared = new Set(reader.declarations.map((declaration) => declaration.name));
  return {
    path: file.path,
    lines: file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0),
    imports: reader.imports,
    globals: reader.reads.filter((read) => !declared.has(read.name.split('.')[0] ?? read.name)),
    declarations: reader.declarations,
    functions: reader.functions,
    asynchronous: reader.asynchronous,
    enums: reader.enums,
  };
}

class SourceReader {
  readonly imports: Reference[] = [];
  readonly reads: Reference[] = [];
  readonly declarations: Reference[] = [];
  readonly functions: { name: string; line: number; lines: number }[] = [];
  readonly asynchronous: Reference[] = [];
  readonly enums: Reference[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  visit(node: Node, parent?: Node): void {
    this.#collectImport(node);
    this.#collectFunction(node, parent);
    for (const property of DECLARING_PROPERTIES[node.type] ?? []) this.#declare(node[property]);
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node['await'] === true)) {
      this.asynchronous.push({ name: 'await', line: this.#line(node.start) });
    }
    if (node.type === 'TSEnumDeclaration') this.enums.push({ name: 'enum', line: this.#line(node.start) });
    if (this.#collectRead(node)) return;
    const onlyExpression = node.type.startsWith('TS') && EXPRESSION_WRAPPERS.has(node.type);
    const skipped = node['computed'] === true ? [] : (NAMING_PROPERTIES[node.type] ?? []);
    for (const [property, value] of Object.entries(node)) {
      if (skipped.includes(property)) continue;
      if (onlyExpression && property === 'typeAnnotation') {
        this.#visitTypes(value);
        continue;
      }
      for (const child of nodesIn(value)) {
        if (child.type.startsWith('TS') && !EXPRESSION_WRAPPERS.has(child.type)) this.#visitTypes(child);
        else this.visit(child, node);
      }
    }
  }

  /** Collects the imports in a type. Other names in a type do not exist at run time. */
  #visitTypes(value: unknown): void {
    for (const node of nodesIn(value)) {
      if (node.type === 'TSEnumDeclaration') this.enums.push({ name: 'enum', line: this.#line(node.start) });
      this.#collectImport(node);
      for (const child of Object.values(node)) this.#visitTypes(child);
    }
  }

  #collectImport(node: Node): void {
    const source =
      node.type === 'NewExpression'
        ? addressBesideModule(node)
        : IMPORTING_TYPES.has(node.type)
          ? node['source']
          : undefined;
    if (isNode(source) && typeof source['value'] === 'string') {
      this.imports.push({ name: source['value'], line: this.#line(node.start) });
    }
  }

  #collectFunction(node: Node, parent: Node | undefined): void {
    if (!FUNCTION_TYPES.has(node.type)) return;
    const first = this.#line(node.start);
    const lines = this.#line(node.end) - first + 1;
    const name = nameOf(node) ?? nameOf(parent) ?? (parent === undefined ? undefined : calleeOf(parent)) ?? 'anonymous';
    this.functions.push({ name, line: first, lines });
    if (node['async'] === true) this.asynchronous.push({ name: 'async', line: first });
  }

  /** Records a name that is read. Returns true if the node is a plain name, which has no nodes below it. */
  #collectRead(node: Node): boolean {
    if (node.type === 'MemberExpression') {
      const object = node['object'];
      const property = node['property'];
      if (isNode(object) && object['name'] === 'Math' && isNode(property) && node['computed'] !== true) {
        this.reads.push({ name: `Math.${String(property['name'])}`, line: this.#line(node.start) });
        return true;
      }
      return false;
    }
    if (node.type !== 'Identifier' && node.type !== 'JSXIdentifier') return false;
    this.reads.push({ name: String(node['name']), line: this.#line(node.start) });
    return true;
  }

  /** Records the names that a pattern declares. */
  #declare(value: unknown): void {
    for (const node of nodesIn(value)) {
      if (node.type === 'Identifier') {
        this.declarations.push({ name: String(node['name']), line: this.#line(node.start) });
      } else if (node.type === 'AssignmentPattern') this.#declare(node['left']);
      else if (node.type === 'RestElement') this.#declare(node['argument']);
      else if (node.type === 'ArrayPattern') this.#declare(node['elements']);
      else if (node.type === 'ObjectPattern') this.#declare(node['properties']);
      else if (node.type === 'Property') this.#declare(node['value']);
      else if (node.type === 'TSParameterProperty') this.#declare(node['parameter']);
    }
  }

  #line(offset: number): number {
    let line = 1;
    for (let at = this.#text.indexOf('\n'); at !== -1 && at < offset; at = this.#text.indexOf('\n', at + 1)) line += 1;
    return line;
  }
}

const IMPORTING_TYPES = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** The literal in an expression such as `new URL('./worker.ts', import.meta.url)`. */
function addressBesideModule(node: Node): unknown {
  const [literal, origin] = [...nodesIn(node['arguments'])];
  const object = origin?.['object'];
  return isNode(object) && object.type === 'MetaProperty' ? literal : undefined;
}

function nameOf(node: Node | undefined): string | undefined {
  const named = node?.['id'] ?? node?.['key'];
  return isNode(named) && typeof named['name'] === 'string' ? named['name'] : undefined;
}

function calleeOf(node: Node): string | undefined {
  const callee = node['callee'];
  return isNode(callee) && typeof callee['name'] === 'string' ? callee['name'] : undefined;
}

function* nodesIn(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const element of value) yield* nodesIn(element);
  else if (isNode(value)) yield value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
