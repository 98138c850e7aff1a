/**
 * Parses the text format of the transcripts. A command line is `cmd arg arg=val arg=(v1,v2)`. Optional input lines and
 * `----` follow. The expected output ends at a blank line, or lies between doubled `----` lines.
 */
export interface Argument {
  readonly key: string;
  /** Empty for an argument without `=`. */
  readonly values: readonly string[];
}

export interface Directive {
  readonly line: number;
  readonly command: string;
  readonly arguments: readonly Argument[];
  readonly input: string;
  readonly expected: string;
  /** Lines of the expected output, counted from 0. `to` is exclusive. */
  readonly output: { readonly from: number; readonly to: number };
}

const SEPARATOR = '----';

export function parseDirectives(text: string): readonly Directive[] {
  const lines = text.split('\n');
  const directives: Directive[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lineAt(lines, at);
    if (line.trim() === '' || line.trimStart().startsWith('#')) {
      at++;
      continue;
    }
    const start = at + 1;
    let command = line;
    while (command.endsWith('\\')) {
      at++;
      command = `${command.slice(0, -1)} ${lineAt(lines, at)}`;
    }
    at++;
    const input: string[] = [];
    while (at < lines.length && lineAt(lines, at) !== SEPARATOR) {
      input.push(lineAt(lines, at));
      at++;
    }
    if (at === lines.length) throw new Error(`line ${start}: a command without ${SEPARATOR}`);
    const from = at + 1;
    const { text, next } = readOutput(lines, from);
    at = next;
    directives.push({
      line: start,
      ...parseCommand(command, start),
      input: input.join('\n'),
      expected: text,
      output: { from, to: next },
    });
  }
  return directives;
}

function readOutput(lines: readonly string[], from: number): { text: string; next: number } {
  const output: string[] = [];
  let at = from;
  if (lineAt(lines, at) === SEPARATOR) {
    for (at++; at < lines.length; at++) {
      if (lineAt(lines, at) === SEPARATOR && lineAt(lines, at + 1) === SEPARATOR) {
        return { text: output.join('\n'), next: at + 2 };
      }
      output.push(lineAt(lines, at));
    }
    throw new Error(`line ${from}: an output without its end`);
  }
  for (; at < lines.length && lineAt(lines, at).trim() !== ''; at++) output.push(lineAt(lines, at));
  return { text: output.join('\n'), next: at };
}

function parseCommand(text: string, line: number): Pick<Directive, 'command' | 'arguments'> {
  const parts = text.match(/[^\s=(]+(?:=(?:\([^)]*\)|[^\s(]*))?/g);
  const [command, ...rest] = parts ?? [];
  if (
    command === undefined ||
    parts?.join('').length !== text.replaceAll(/\s/g, '').length + spacesInside(parts ?? [])
  ) {
    throw new Error(`line ${line}: cannot read ${text}`);
  }
  return { command, arguments: rest.map(parseArgument) };
}

function spacesInside(parts: readonly string[]): number {
  return parts.join('').replaceAll(/\S/g, '').length;
}

function parseArgument(text: string): Argument {
  const equals = text.indexOf('=');
  if (equals < 0) return { key: text, values: [] };
  const value = text.slice(equals + 1);
  const list = /^\((.*)\)$/.exec(value)?.[1];
  const values = list === undefined ? [value] : list.split(',').map((item) => item.trim());
  return { key: text.slice(0, equals), values: values.filter((item) => item !== '') };
}

function lineAt(lines: readonly string[], at: number): string {
  return (lines[at] ?? '').replace(/\r$/, '');
}

/** Gives access to the arguments of a directive. An argument that no command reads is an error. */
export class Arguments {
  readonly #directive: Directive;
  readonly #unread: Set<Argument>;
  #inputIsRead = false;

  constructor(directive: Directive) {
    this.#directive = directive;
    this.#unread = new Set(directive.arguments);
  }

  /** The arguments that are plain numbers, in order. */
  positional(): number[] {
    return this.words().map((word) => this.#number(word));
  }

  /** The arguments without a value, in order. */
  words(): string[] {
    return this.#take((argument) => argument.values.length === 0).map((argument) => argument.key);
  }

  /** All values of a key. A repeated key adds values. Undefined: the key is missing. */
  values(key: string): readonly string[] | undefined {
    const found = this.#take((argument) => argument.key === key);
    return found.length === 0 ? undefined : found.flatMap((argument) => argument.values);
  }

  value(key: string): string | undefined {
    const values = this.values(key);
    if (values !== undefined && values.length !== 1) throw this.#error(`${key} takes one value`);
    return values?.[0];
  }

  number(key: string): number | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : this.#number(value);
  }

  numbers(key: string): number[] | undefined {
    return this.values(key)?.map((value) => this.#number(value));
  }

  /** The plain numbers and the values of `key`, in the order of the text. */
  inOrder(key: string): { number: number; isKeyed: boolean }[] {
    const found = this.#take((argument) => argument.values.length === 0 || argument.key === key);
    return found.flatMap((argument) => {
      const isKeyed = argument.values.length > 0;
      const texts = isKeyed ? argument.values : [argument.key];
      return texts.map((text) => ({ number: this.#number(text), isKeyed }));
    });
  }

  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || value === 'true' || value === 'false')
      return value === undefined ? value : value === 'true';
    throw this.#error(`${key} is true or false, not ${value}`);
  }

  /** The input lines between the command and its output. */
  input(): string {
    this.#inputIsRead = true;
    return this.#directive.input;
  }

  /** Ends the directive. @throws if an argument or the input was not read */
  finish(): void {
    const [unread] = this.#unread;
    if (unread !== undefined) throw this.#error(`unknown argument ${unread.key}`);
    if (!this.#inputIsRead && this.#directive.input.trim() !== '') throw this.#error('it takes no input');
  }

  #take(wanted: (argument: Argument) => boolean): Argument[] {
    const found = [...this.#unread].filter(wanted);
    for (const argument of found) this.#unread.delete(argument);
    return found;
  }

  #number(text: string): number {
    if (!/^\d+$/.test(text)) throw this.#error(`${text} is no number`);
    return Number(text);
  }

  #error(what: string): Error {
    return new Error(`line ${this.#directive.line}: ${this.#directive.command}: ${what}`);
  }
}
