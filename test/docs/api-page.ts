/** Generates docs/API.md from the declarations that src/index.ts exports and their doc comments. */
import { dirname, join, normalize } from 'node:path';

/** A declaration or a member of one, with its doc comment. */
interface Documented {
  readonly name: string;
  readonly comment: string;
  /** The source text without the comment and without the members of an interface or the body of a class. */
  readonly signature: string;
  readonly members: readonly Documented[];
}

/** The parts of the page. Every exported name is in one of them. */
const PARTS: readonly (readonly [title: string, intro: string, names: readonly string[]])[] = [
  [
    'Open a store',
    'One tab opens one store. The example at the top of the [README](../README.md) is a whole application.',
    ['openShardbearer', 'OpenStore', 'OpenOptions', 'FoundingPreferences', 'IceServerOption', 'AlgorithmChoice'],
  ],
  [
    'Read and write',
    'A store has all these calls and those of the next part.',
    [
      'KeyValueStore',
      'CallOptions',
      'ReadOptions',
      'WriteOptions',
      'PutOptions',
      'KeyRangeOptions',
      'ListOptions',
      'WatchOptions',
      'Watch',
      'Change',
      'WatchPosition',
      'Entry',
      'Key',
      'Versionstamp',
      'Encoding',
      'Decoded',
      'Codec',
      'AnyCodec',
    ],
  ],
  [
    'Watch and end a store',
    'A view shows everything that a tab knows of its cluster.',
    [
      'Shardbearer',
      'StoreStatus',
      'HostView',
      'Problem',
      'SignalingState',
      'RadiantView',
      'OrderView',
      'MemberView',
      'ReplicaView',
      'NeighbourView',
      'startOverOnThisDevice',
    ],
  ],
  [
    'Machines',
    '[machines.md](machines.md) shows how to write a machine, and how a worker gets it.',
    [
      'defineMachine',
      'MachineDefinition',
      'MachineStep',
      'Machine',
      'AnyMachine',
      'CommandRefusedError',
      'MachineInstance',
      'CommandOptions',
    ],
  ],
  [
    'Administer a cluster',
    'Placement works without these calls. They are for tools and lessons.',
    ['ClusterAdministration', 'RingPlace', 'MemberName', 'Configuration', 'Order', 'Participant', 'Shard'],
  ],
  [
    'Errors',
    '[ERRORS.md](ERRORS.md) explains every code.',
    [
      'ShardbearerError',
      'ErrorCode',
      'Effect',
      'ERROR_CODES',
      'ConflictError',
      'InvalidArgumentError',
      'OutcomeUnknownError',
      'StorageLostError',
      'InvariantError',
    ],
  ],
];

/** The file of declarations that the schema generates. Other files export some of them again. */
const GENERATED = 'src/wire/generated/shardbearer.ts';

/** @param read returns the text of a file below the root */
export function apiPage(read: (path: string) => string): string {
  const files = exportedNames(read('src/index.ts'));
  const listed = PARTS.flatMap(([, , names]) => names);
  const missing = [...files.keys()].filter((name) => !listed.includes(name));
  const unknown = listed.filter((name) => !files.has(name));
  if (missing.length + unknown.length > 0)
    throw new Error(`not on the page: ${missing.join()}; not exported: ${unknown.join()}`);
  const section = (name: string): readonly string[] => {
    const path = files.get(name) ?? '';
    const found = declarationOf(name, read(path)) ?? declarationOf(name, read(GENERATED));
    if (found === undefined) throw new Error(`${path} does not declare ${name}`);
    // The name alone says as much as the first line of a plain interface.
    const isPlain = found.members.length > 0 && !/[<>]| extends /u.test(found.signature);
    const signature = isPlain ? [] : code(found.signature);
    return [`### ${name}`, '', ...textOf(found.comment), ...signature, ...membersOf(found.members)];
  };
  return [
    '# API',
    '',
    'Everything that `shardbearer` exports, with the comments of the sources. `npm run test:unit -- test/docs --update`',
    'generates this page.',
    '',
    ...PARTS.flatMap(([title, intro, names]) => [`## ${title}`, '', intro, '', ...names.flatMap(section)]),
  ].join('\n');
}

/** By exported name: the file that declares it. */
function exportedNames(index: string): ReadonlyMap<string, string> {
  const exports = [...index.matchAll(/^export (?:type )?\{([^}]+)\} from '([^']+)';/gmu)];
  return new Map(
    exports.flatMap(([, names = '', file = '']) => {
      const path = normalize(join(dirname('src/index.ts'), file));
      return names.split(',').flatMap((name) => (name.trim() === '' ? [] : [[name.trim(), path] as const]));
    }),
  );
}

function declarationOf(name: string, source: string): Documented | undefined {
  const lines = source.split('\n');
  const pattern = new RegExp(`^export (?:async )?(?:interface|type|class|function|const) ${name}\\b`, 'u');
  const start = lines.findIndex((line) => pattern.test(line));
  if (start === -1) return undefined;
  const comment = commentAbove(lines, start);
  const [first = ''] = lines.slice(start);
  if (/^export (?:interface|class)/u.test(first)) {
    const end = lines.indexOf('}', start);
    const members = first.endsWith('{') ? membersIn(lines.slice(start + 1, end)) : [];
    return { name, comment, signature: first.replace(/ \{\}?$/u, ''), members };
  }
  const end = lines.findIndex(
    (line, at) => at >= start && /(?:;|\{)$/u.test(line) && !(lines[at + 1] ?? '').startsWith(' '),
  );
  const isFunction = /^export (?:async )?function/u.test(first);
  const last = isFunction ? lines.findIndex((line, at) => at >= start && line.endsWith('{')) : end;
  const signature = lines.slice(start, last + 1).join('\n');
  return { name, comment, signature: shortened(signature.replace(/ \{$/u, ';')), members: [] };
}

/** The value of a constant is in its file. */
function shortened(signature: string): string {
  return signature.startsWith('export const') ? signature.replace(/ = [\s\S]*/u, ';') : signature;
}

/** The members of an interface or class. Overloads with one comment become one member. */
function membersIn(lines: readonly string[]): readonly Documented[] {
  const members: Documented[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (!/^ {2}[^ /*}]/u.test(line)) continue;
    const comment = commentAbove(lines, at);
    let last = at;
    while (!/^ {2}.*(?:;|\{)$/u.test(lines[last] ?? '') && last < lines.length - 1) last += 1;
    const signature = lines
      .slice(at, last + 1)
      .map((one) => one.slice(2))
      .join('\n');
    at = last;
    if (/^(?:readonly )?(?:#|declare|override|constructor)/u.test(signature)) continue;
    const name = /^(?:readonly )?(?:get )?([\w[\].]+)/u.exec(signature)?.[1] ?? '';
    const before = members.at(-1);
    const isOverload = before?.name === name && comment === '';
    if (isOverload) members.splice(-1, 1, { ...before, signature: `${before.signature}\n${signature}` });
    else members.push({ name, comment, signature: signature.replace(/ \{$/u, ';'), members: [] });
  }
  return members;
}

/** The text of the doc comment that ends right above a line. */
function commentAbove(lines: readonly string[], at: number): string {
  let first = at - 1;
  if (!(lines[first] ?? '').trimEnd().endsWith('*/')) return '';
  while (first > 0 && !(lines[first] ?? '').trimStart().startsWith('/**')) first -= 1;
  const text = lines.slice(first, at).map((line) => line.trim());
  return text
    .map((line) =>
      line
        .replace(/\*\/$/u, '')
        .replace(/^(?:\/\*\*|\*) ?/u, '')
        .trimEnd(),
    )
    .join('\n')
    .trim();
}

/** Paragraphs, lists and the tags `@throws`, `@param`, `@returns` and `@typeParam` as Markdown. */
function textOf(comment: string): readonly string[] {
  if (comment === '') return [];
  const [prose = '', ...tags] = `\n${comment}`.split(/^(?=@)/mu);
  const described = tags.map((tag) => {
    const [, kind = '', rest = ''] = /^@(\w+) ([\s\S]*)$/u.exec(tag.trim()) ?? [];
    return `- *${TAG_TITLES[kind] ?? kind}:* ${rest.replace(/\{(\w+)\} ?/u, '').replaceAll('\n', ' ')}`;
  });
  const paragraphs = prose.trim() === '' ? [] : [prose.trim(), ''];
  return [...paragraphs, ...described, ...(described.length === 0 ? [] : [''])];
}

const TAG_TITLES: Readonly<Record<string, string>> = {
  throws: 'throws',
  param: 'parameter',
  returns: 'returns',
  typeParam: 'type parameter',
};

function code(signature: string): readonly string[] {
  return signature === '' ? [] : ['```ts', signature.replace(/^export /u, ''), '```', ''];
}

/** Properties become one list, and each method has a heading. */
function membersOf(members: readonly Documented[]): readonly string[] {
  const properties = members.filter((member) => isProperty(member));
  const methods = members.filter((member) => !isProperty(member));
  const lines = properties.map(({ comment, signature }) => {
    // An optional property may always be undefined.
    const shown = signature.includes('?: ') ? signature.replace(/ \| undefined;$/u, ';') : signature;
    const declared = shown.replaceAll(/^readonly |;$/gu, '').replaceAll(/\s+/gu, ' ');
    const text = textOf(comment).join(' ').replaceAll('\n', ' ').trim();
    return text === '' ? `- \`${declared}\`` : `- \`${declared}\`: ${text}`;
  });
  return [
    ...(lines.length === 0 ? [] : [...lines, '']),
    ...methods.flatMap(({ name, comment, signature }) => [
      `#### ${name === '' ? 'The call' : name}`,
      '',
      ...textOf(comment),
      ...code(signature),
    ]),
  ];
}

function isProperty({ signature }: Documented): boolean {
  return signature.startsWith('readonly ');
}
