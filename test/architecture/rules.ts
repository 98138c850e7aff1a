/** The rules of the house that a machine can check, as one function from sources to offences. */
import { posix } from 'node:path';
import { type ParsedFile, parseSource, type Reference, type SourceFile } from './source-file.ts';

export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly rule: 'layering' | 'purity' | 'signaling' | 'length' | 'naming' | 'construct';
  readonly message: string;
}

/** Rooms from the ground floor up: each imports from itself and from those before it. */
export const ROOMS = [
  'wire',
  'storage',
  'transport',
  'consensus',
  'store',
  'cluster',
  'radiant',
  'client',
  'hosts',
  'sim',
  'app',
] as const;

/** Rooms inside of a room, from the ground floor up; the files beside them lie below them all. */
const INNER_ROOMS: Readonly<Record<string, readonly string[]>> = {
  wire: ['configuration', 'entries', 'frames', 'links', 'raft', 'records'],
  sim: ['network', 'world', 'linearizability', 'checkers', 'drivers', 'faults', 'convergence', 'runs'],
};

/** Synchronous, without input, output, clock or randomness of their own. */
const PURE_ROOMS: ReadonlySet<string> = new Set(['wire', 'consensus', 'store', 'cluster', 'radiant', 'client']);
/** Deterministic, but it may wait: it drives what lies below, contracts with promises included. */
const DETERMINISTIC_ROOMS: ReadonlySet<string> = new Set([...PURE_ROOMS, 'sim']);
/** Around the simulated world, no part of it: what a person starts, which reads arguments and prints, and its stopwatch. */
const SIMULATOR_ENTRY = /^src\/sim\/runs\/(command-line[a-z-]*|speed)\.ts$/u;
const PURE_PACKAGES = /^(@bufbuild\/protobuf(\/.*)?|sorted-btree)$/u;
/** What the signaling server may share with radiants: the rendezvous messages, and the limits that both ends keep. */
const SHARED_WITH_SIGNALING = /^src\/wire\/(generated\/rendezvous_pb|rendezvous[a-z-]*|limits|errors|assertion)\.ts$/u;

const IMPURE_GLOBALS: ReadonlySet<string> = new Set(
  [
    'Date Math.random performance crypto setTimeout setInterval setImmediate clearTimeout clearInterval queueMicrotask',
    'requestAnimationFrame requestIdleCallback fetch process Buffer require module __dirname __filename global globalThis',
    'window self document navigator location history localStorage sessionStorage indexedDB IDBKeyRange caches alert',
    'WebSocket RTCPeerConnection BroadcastChannel MessageChannel MessagePort Worker SharedWorker XMLHttpRequest',
    'addEventListener removeEventListener postMessage console FinalizationRegistry WeakRef Intl',
  ].flatMap((names) => names.split(' ')),
);

const FILE_LINES = 500;
const FUNCTION_LINES = 70;
const ABBREVIATIONS: ReadonlySet<string> = new Set([
  'msg',
  'cfg',
  'idx',
  'ctx',
  'req',
  'res',
  'cb',
  'fn',
  'tmp',
  'val',
]);
const SHAPELESS_NAMES = /(^|[/-])(utils?|helpers?|managers?|common|misc)([/.-]|$)/u;
const SOURCE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|e2e|d|config))?\.(ts|tsx)$/u;

export function checkSources(files: readonly SourceFile[]): readonly Offence[] {
  return files.flatMap((file) => (file.path.includes('/generated/') ? [] : checkSource(parseSource(file))));
}

function checkSource(file: ParsedFile): readonly Offence[] {
  return [
    ...checkLayering(file),
    ...checkPurity(file),
    ...checkSignaling(file),
    ...checkLength(file),
    ...checkNames(file),
    ...offences(file, 'construct', file.enums, (found) => `${found.name}: use a union of literals`),
  ];
}

function checkLayering(file: ParsedFile): readonly Offence[] {
  if (!file.path.startsWith('src/')) return [];
  const floor = floorOf(file.path);
  if (floor === undefined) {
    return [{ path: file.path, line: 1, rule: 'layering', message: 'lies in no room of the house' }];
  }
  return offences(file, 'layering', file.imports, ({ name }) => {
    const target = resolveImport(file.path, name);
    if (target === undefined) return undefined;
    if (!target.startsWith('src/'))
      return isOutsideData(target) ? undefined : `imports ${target}, which lies outside of src/`;
    const targetFloor = floorOf(target);
    if (targetFloor === undefined) return `imports ${target}, which lies in no room`;
    if (targetFloor > floor) return `imports upwards, from ${target}`;
    return isUpwardsInside(file.path, target) ? `imports upwards inside of its room, from ${target}` : undefined;
  });
}

function checkPurity(file: ParsedFile): readonly Offence[] {
  const room = roomOf(file.path);
  if (room === undefined || !DETERMINISTIC_ROOMS.has(room) || SIMULATOR_ENTRY.test(file.path)) return [];
  const pure = PURE_ROOMS.has(room);
  return [
    ...offences(file, 'purity', file.imports, ({ name }) => {
      if (name.startsWith('.')) return undefined;
      return PURE_PACKAGES.test(name) ? undefined : `imports ${name}, which ${room}/ may not use`;
    }),
    ...offences(file, 'purity', file.globals, ({ name }) =>
      IMPURE_GLOBALS.has(name) ? `uses ${name}; it comes from the environment` : undefined,
    ),
    ...(pure ? offences(file, 'purity', file.asynchronous, ({ name }) => `is synchronous, and has ${name}`) : []),
    ...(pure
      ? offences(file, 'purity', file.globals, ({ name }) => (name === 'Promise' ? 'uses Promise' : undefined))
      : []),
  ];
}

function checkSignaling(file: ParsedFile): readonly Offence[] {
  const stands = file.path.startsWith('signaling/');
  return offences(file, 'signaling', file.imports, ({ name }) => {
    const target = resolveImport(file.path, name);
    if (target === undefined) return undefined;
    if (stands && target.startsWith('src/') && !SHARED_WITH_SIGNALING.test(target)) {
      return `imports ${target}; signaling shares only the rendezvous schema`;
    }
    if (!stands && file.path.startsWith('src/') && target.startsWith('signaling/'))
      return `imports the server, ${target}`;
    return undefined;
  });
}

function checkLength(file: ParsedFile): readonly Offence[] {
  const long = file.functions.filter((found) => found.lines > FUNCTION_LINES && found.name !== 'describe');
  return [
    ...(file.lines > FILE_LINES
      ? [
          {
            path: file.path,
            line: 1,
            rule: 'length' as const,
            message: `has ${file.lines} lines; the most is ${FILE_LINES}`,
          },
        ]
      : []),
    ...long.map((found) => ({
      path: file.path,
      line: found.line,
      rule: 'length' as const,
      message: `function ${found.name} has ${found.lines} lines; the most is ${FUNCTION_LINES}`,
    })),
  ];
}

function checkNames(file: ParsedFile): readonly Offence[] {
  const base = posix.basename(file.path);
  const path =
    SHAPELESS_NAMES.test(file.path) || !SOURCE_NAME.test(base)
      ? [{ path: file.path, line: 1, rule: 'naming' as const, message: 'is no name for a concept, in-kebab-case.ts' }]
      : [];
  return [
    ...path,
    ...offences(file, 'naming', file.declarations, ({ name }) =>
      ABBREVIATIONS.has(name) ? `declares ${name}: write the word out` : undefined,
    ),
  ];
}

function offences(
  file: ParsedFile,
  rule: Offence['rule'],
  references: readonly Reference[],
  judge: (reference: Reference) => string | undefined,
): readonly Offence[] {
  return references.flatMap((reference) => {
    const message = judge(reference);
    return message === undefined ? [] : [{ path: file.path, line: reference.line, rule, message }];
  });
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//u.exec(path)?.[1];
}

/** How high a file lies; the public entry lies on top of all that an application needs, below the simulator. */
function floorOf(path: string): number | undefined {
  if (path === 'src/index.ts') return ROOMS.indexOf('hosts') + 0.5;
  const floor = ROOMS.findIndex((room) => room === roomOf(path));
  return floor === -1 ? undefined : floor;
}

function isUpwardsInside(path: string, target: string): boolean {
  const room = roomOf(path);
  const inner = room === undefined || room !== roomOf(target) ? undefined : INNER_ROOMS[room];
  if (inner === undefined) return false;
  return inner.indexOf(innerRoomOf(target)) > inner.indexOf(innerRoomOf(path));
}

/** Empty for a file that lies beside the rooms inside of its room. */
function innerRoomOf(path: string): string {
  return /^src\/[^/]+\/([^/]+)\//u.exec(path)?.[1] ?? '';
}

/** A path in the repository, or undefined for a package. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier.replace(/\?.*$/u, '')));
}

function isOutsideData(target: string): boolean {
  return target === 'package.json' || target.startsWith('public/');
}
