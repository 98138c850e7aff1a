/** The machine-checked rules of the codebase, as one function from sources to offences. */
import { posix } from 'node:path';
import { importCircles } from './import-circles.ts';
import { type ParsedFile, parseSource, type Reference, type SourceFile } from './source-file.ts';

export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly rule: 'layering' | 'circle' | 'purity' | 'signaling' | 'length' | 'naming' | 'construct';
  readonly message: string;
}

/** The modules of `src/`, lowest first. A module imports only from itself and from earlier modules. */
export const MODULES = [
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

/** Stands for all files of a folder that the folder's order does not name. */
export const OTHER_FILES = '*';
/** By folder: its folders and files, lowest first. An order without `OTHER_FILES` must name every file. */
export const ORDER_INSIDE: Readonly<Record<string, readonly string[]>> = {
  'src/wire': ['generated', OTHER_FILES, 'configuration', 'entries', 'frames', 'links', 'raft', 'records'],
  'src/storage': [OTHER_FILES, 'indexeddb', 'memory'],
  'src/transport': [OTHER_FILES, 'webrtc'],
  'src/consensus': [OTHER_FILES, 'naive', 'raft', 'algorithms.ts'],
  'src/consensus/raft': [
    // These files hold the state of a replica.
    'quorum.ts',
    'membership.ts',
    'membership-change.ts',
    'log.ts',
    'tracker.ts',
    'read-index.ts',
    'lease.ts',
    'options.ts',
    'replica.ts',
    // These files hold the rules of Raft, as functions on the state of a replica.
    'replication.ts',
    'snapshots.ts',
    'election.ts',
    'reads.ts',
    'reconfiguration.ts',
    'tick.ts',
    'step.ts',
    'ready.ts',
    // These files implement the contract of consensus.
    'compaction.ts',
    'restore.ts',
    'persistence.ts',
    'incoming-snapshot.ts',
    'catch-up.ts',
    'reconciler.ts',
    'algorithm.ts',
  ],
  'src/radiant': [
    OTHER_FILES,
    'neighbours',
    'replica',
    'herald',
    'handover',
    'orders',
    'membership',
    'bondsmith',
    'transaction-settler.ts',
    'request-router.ts',
    'inbox.ts',
    'components.ts',
    'radiant-view.ts',
    'radiant.ts',
  ],
  'src/hosts': [OTHER_FILES, 'browser'],
  'src/sim': [
    OTHER_FILES,
    'network',
    'world',
    'linearizability',
    'checkers',
    'drivers',
    'faults',
    'convergence',
    'runs',
  ],
  'src/sim/checkers': [OTHER_FILES, 'raft', 'shards', 'companions', 'transactions', 'system-safety.ts'],
  'src/app': [OTHER_FILES, 'console'],
};

/** Modules that are synchronous and use no I/O, clock or randomness. */
const PURE_MODULES: ReadonlySet<string> = new Set(['wire', 'consensus', 'store', 'cluster', 'radiant', 'client']);
/**
 * Modules without a source of randomness or time. The simulator may be asynchronous, because it drives contracts with
 * promises.
 */
const DETERMINISTIC_MODULES: ReadonlySet<string> = new Set([...PURE_MODULES, 'sim']);
/** The command line and the stopwatch of the simulator. They may read arguments, print, and measure time. */
const SIMULATOR_ENTRY = /^src\/sim\/runs\/(command-line[a-z-]*|speed)\.ts$/u;
const PURE_PACKAGES = /^sorted-btree$/u;
/**
 * Files of `src/` that the signaling server may import. They define the rendezvous messages, and limits that both ends
 * obey.
 */
const SHARED_WITH_SIGNALING =
  /^src\/wire\/(generated\/rendezvous|rendezvous[a-z-]*|limits|times|errors|assertion)\.ts$/u;

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
  const parsed = files.filter(({ path }) => !path.includes('/generated/')).map(parseSource);
  return [...parsed.flatMap(checkSource), ...checkCircles(parsed)];
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
  const rank = rankOfModule(file.path);
  if (rank === undefined) {
    return [{ path: file.path, line: 1, rule: 'layering', message: 'belongs to no module' }];
  }
  const unlisted = unlistedPart(file.path);
  const found = offences(file, 'layering', file.imports, ({ name }) => {
    const target = resolveImport(file.path, name);
    if (target === undefined) return undefined;
    if (!target.startsWith('src/')) return isOutsideData(target) ? undefined : `imports ${target}, outside of src/`;
    const targetRank = rankOfModule(target);
    if (targetRank === undefined) return `imports ${target}, which belongs to no module`;
    if (targetRank > rank) return `imports upwards, from ${target}`;
    return isUpwardsInside(file.path, target) ? `imports upwards inside its module, from ${target}` : undefined;
  });
  if (unlisted === undefined) return found;
  return [{ path: file.path, line: 1, rule: 'layering', message: `${unlisted} is missing in ORDER_INSIDE` }, ...found];
}

/** Finds circles of imports. Each circle yields one offence, at its first file by name. */
function checkCircles(files: readonly ParsedFile[]): readonly Offence[] {
  const sources = files.filter(({ path }) => path.startsWith('src/'));
  const imports = new Map(
    sources.map(({ path, imports: found }) => [path, found.flatMap(({ name }) => resolveImport(path, name) ?? [])]),
  );
  return importCircles(imports).map((circle) => ({
    path: circle[0] ?? '',
    line: 1,
    rule: 'circle',
    message: `these files import each other: ${circle.join(', ')}`,
  }));
}

function checkPurity(file: ParsedFile): readonly Offence[] {
  const module = moduleOf(file.path);
  if (module === undefined || !DETERMINISTIC_MODULES.has(module) || SIMULATOR_ENTRY.test(file.path)) return [];
  const pure = PURE_MODULES.has(module);
  return [
    ...offences(file, 'purity', file.imports, ({ name }) => {
      if (name.startsWith('.')) return undefined;
      return PURE_PACKAGES.test(name) ? undefined : `imports ${name}, which ${module}/ may not use`;
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

function moduleOf(path: string): string | undefined {
  return /^src\/([^/]+)\//u.exec(path)?.[1];
}

/**
 * The rank of the module of a file. The public entry lies above all modules that an application needs, and below the
 * simulator.
 */
function rankOfModule(path: string): number | undefined {
  if (path === 'src/index.ts') return MODULES.indexOf('hosts') + 0.5;
  const rank = MODULES.findIndex((module) => module === moduleOf(path));
  return rank === -1 ? undefined : rank;
}

/**
 * Whether an import points upwards inside a folder. The order of the innermost folder that contains both files decides.
 */
function isUpwardsInside(path: string, target: string): boolean {
  const from = path.split('/');
  const to = target.split('/');
  const parting = from.findIndex((part, at) => part !== to[at]);
  const order = ORDER_INSIDE[from.slice(0, parting).join('/')];
  return order !== undefined && rankInside(order, to[parting] ?? '') > rankInside(order, from[parting] ?? '');
}

function rankInside(order: readonly string[], name: string): number {
  return order.includes(name) ? order.indexOf(name) : order.indexOf(OTHER_FILES);
}

/** The outermost part of a path that the order of its folder does not list. */
function unlistedPart(path: string): string | undefined {
  const parts = path.split('/');
  for (let end = 3; end < parts.length; end += 1) {
    const order = ORDER_INSIDE[parts.slice(0, end - 1).join('/')];
    if (!order?.includes(parts[end - 1] ?? '')) return parts.slice(0, end).join('/');
  }
  const order = ORDER_INSIDE[posix.dirname(path)];
  if (order !== undefined && !order.includes(OTHER_FILES) && !order.includes(posix.basename(path))) return path;
  return undefined;
}

/** The imported path within the repository. Undefined: the import is a package. */
function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier.replace(/\?.*$/u, '')));
}

function isOutsideData(target: string): boolean {
  return target === 'package.json' || target.startsWith('public/');
}
