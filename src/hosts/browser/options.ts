/** The options of `openShardbearer` and their checks. */
import { type AlgorithmChoice, chosenAlgorithm } from '../../consensus/algorithms.ts';
import type { FoundingOptions } from '../../radiant/contract.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';
import { readIceServers } from '../../wire/ice-servers.ts';
import { SLOT_COUNT } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { IceServer } from '../../wire/rendezvous.ts';
import { TIMES, type Times } from '../../wire/times.ts';
import type { Encoding } from '../key-value-contract.ts';
import { encodingOf } from '../values.ts';
import { checkChoice, checkSwitch, described, isRecord, readArgument } from '../arguments.ts';

export interface OpenOptions {
  /** Address of the signaling server: `ws://…`, `wss://…`, or a path on the server of this page. */
  readonly signaling: string;
  /**
   * Secret of the cluster to join, as in its invite link, such as `location.hash.slice(1)`. Without a secret, or with
   * an empty one, this tab joins the last cluster of this device. If the device knows no cluster, this tab founds one.
   */
  readonly secret?: string | undefined;
  /**
   * Name of this application, the same in all its pages. Applications on one origin, such as `localhost:5173`, share
   * the registry of this device. Without a secret, each application joins the last cluster of its own name. Default: no
   * name.
   */
  readonly name?: string | undefined;
  /**
   * Starts the worker of this tab: from the script `shardbearer/worker`, or from a script of the application that calls
   * `startWorker` with its machines (docs/machines.md). Default: the library starts the worker from a
   * blob, which every bundler supports. A Content-Security-Policy that forbids `worker-src blob:` needs this option
   * (docs/bundlers.md).
   */
  readonly createWorker?: (() => Worker) | undefined;
  /** The encoding of values, for calls that name no other one. Default: `json`. */
  readonly encoding?: Encoding | undefined;
  /** Whether this tab adopts the radiants of closed tabs of this device. Default: true. */
  readonly adoption?: boolean | undefined;
  /** Whether frames travel through the page even if a channel could be transferred. Default: false. */
  readonly framesThroughPage?: boolean | undefined;
  /**
   * STUN and TURN servers in the form of `RTCPeerConnection`. Default: no server, which suffices inside one network.
   */
  readonly iceServers?: readonly IceServerOption[] | undefined;
  /**
   * Whether this tab stores data. A `client` stores no data and never votes. It reads and writes through other tabs and
   * needs a `secret`. Default: `radiant`.
   */
  readonly role?: 'radiant' | 'client' | undefined;
  /** The size of a new cluster. */
  readonly founding?: FoundingPreferences | undefined;
  /**
   * Number of voters of each order of a new cluster, odd. Orders have fewer voters while too few radiants exist.
   * Default: 3.
   */
  readonly replicationFactor?: number | undefined;
  /**
   * Consensus algorithm of a new cluster. Default: `raft`. `{ name: 'naive', unsafe: true }` is for teaching, because
   * it loses acknowledged writes when tabs cannot reach each other.
   */
  readonly algorithm?: AlgorithmChoice | undefined;
}

export interface IceServerOption {
  /** `stun:host:port`, `turn:host:port?transport=tcp`, or a list of such addresses. */
  readonly urls: string | readonly string[];
  /** User name for a TURN server, which also needs a `credential`. */
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

export interface FoundingPreferences {
  /** Constant number of orders. Default: one for every three radiants. */
  readonly orders?: number | undefined;
  /** Number of shards, at least one for each order. Default: a few for each order. */
  readonly shards?: number | undefined;
  /**
   * Number of radiants that the founding waits for. Default: all radiants that come within a few seconds, or this tab
   * alone.
   */
  readonly radiants?: number | undefined;
}

/** The options with defaults, as plain data for the worker. */
export interface HostSettings {
  readonly signalingUrl: string;
  readonly secret: string | undefined;
  readonly application: string;
  readonly role: 'radiant' | 'client';
  readonly founding: FoundingOptions;
  readonly adoption: boolean;
  readonly framesThroughPage: boolean;
  readonly iceServers: readonly IceServer[];
  readonly replicationFactor: number;
  readonly algorithm: AlgorithmChoice;
  readonly times: Times;
}

const LARGEST_REPLICATION_FACTOR = 7;

/**
 * Reads each option once and checks its type. A getter of the caller can throw or change its value.
 * @throws {ShardbearerError} `INVALID_ARGUMENT`
 */
export function readOptions(options: OpenOptions): OpenOptions {
  return readArgument('the options', () => {
    if (!isRecord(options)) {
      throw new InvalidArgumentError(`Options are ${described(options)}. Pass an object: { signaling: '/signaling' }.`);
    }
    const { signaling, secret, createWorker, encoding, adoption, framesThroughPage } = options;
    const { name, iceServers, role, founding, replicationFactor, algorithm } = options;
    const read = { signaling, secret, name, createWorker, encoding, adoption, framesThroughPage, role };
    checkTypes({ ...read, founding });
    const { orders, shards, radiants } = founding ?? {};
    return {
      ...read,
      iceServers,
      founding: { orders, shards, radiants },
      replicationFactor,
      algorithm: algorithm === undefined ? undefined : algorithmOf(algorithm),
    };
  });
}

/**
 * Checks the options and fills in the defaults.
 * @throws {ShardbearerError} `INVALID_ARGUMENT`
 */
export function settingsFrom(given: OpenOptions, pageAddress: string, times = TIMES): HostSettings {
  const options = readOptions(given);
  const { replicationFactor = 3, role = 'radiant' } = options;
  const odd = Number.isInteger(replicationFactor) && replicationFactor % 2 === 1;
  if (!odd || replicationFactor < 1 || replicationFactor > LARGEST_REPLICATION_FACTOR) {
    throw new InvalidArgumentError(
      `replicationFactor is ${described(replicationFactor)}. Pass an odd number from 1 to ${LARGEST_REPLICATION_FACTOR}.`,
    );
  }
  const secret = options.secret === '' ? undefined : options.secret;
  if (role === 'client' && secret === undefined) {
    throw new InvalidArgumentError(
      "role 'client' founds no cluster, and no secret is given. Pass the secret of the cluster to join.",
    );
  }
  return {
    signalingUrl: signalingAddress(options.signaling, pageAddress),
    secret,
    application: applicationOf(options.name),
    role,
    founding: foundingOf(options.founding),
    adoption: options.adoption ?? true,
    framesThroughPage: options.framesThroughPage ?? false,
    iceServers: iceServersOf(options.iceServers),
    replicationFactor,
    algorithm: options.algorithm ?? 'raft',
    times,
  };
}

function checkTypes(options: Readonly<Record<string, unknown>>): void {
  const { createWorker, secret, founding } = options;
  if (createWorker !== undefined && typeof createWorker !== 'function') {
    throw new InvalidArgumentError(
      `createWorker is ${described(createWorker)}. Pass a function that makes the worker, or leave it out.`,
    );
  }
  if (secret !== undefined && typeof secret !== 'string') {
    throw new InvalidArgumentError(`secret is ${described(secret)}. Pass the text after # in an invite link.`);
  }
  if (founding !== undefined && !isRecord(founding)) {
    throw new InvalidArgumentError(`founding is ${described(founding)}. Pass an object, such as { radiants: 3 }.`);
  }
  if (options['encoding'] !== undefined) encodingOf(options['encoding']);
  checkChoice('role', options['role'], ['radiant', 'client']);
  checkSwitch('adoption', options['adoption']);
  checkSwitch('framesThroughPage', options['framesThroughPage']);
}

function algorithmOf(algorithm: AlgorithmChoice): AlgorithmChoice {
  return chosenAlgorithm(algorithm) === 'naive' ? { name: 'naive', unsafe: true } : 'raft';
}

function applicationOf(name: unknown = ''): string {
  if (typeof name === 'string' && name.length <= LIMITS.messages.nameCharacters) return name;
  throw new InvalidArgumentError(
    `name is ${described(name)}. Pass a name of up to ${LIMITS.messages.nameCharacters} characters.`,
  );
}

/** Checks the founding options. A founding with a given number of radiants waits for them without limit. */
function foundingOf(targets: FoundingPreferences = {}): FoundingOptions {
  const { orders, shards, radiants } = targets;
  checkCount('founding.orders', orders, 1, LIMITS.configuration.orders);
  checkCount('founding.shards', shards, orders ?? 1, SLOT_COUNT);
  checkCount('founding.radiants', radiants, orders ?? 1, LIMITS.configuration.radiants);
  return {
    ...(orders === undefined ? {} : { orders }),
    ...(shards === undefined ? {} : { shards }),
    ...(radiants === undefined ? {} : { radiants, windowMs: Number.POSITIVE_INFINITY }),
  };
}

function checkCount(name: string, value: number | undefined, smallest: number, largest: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= smallest && value <= largest)) return;
  throw new InvalidArgumentError(`${name} is ${described(value)}. Pass a whole number from ${smallest} to ${largest}.`);
}

function iceServersOf(given: readonly IceServerOption[] = []): readonly IceServer[] {
  const read = readArgument('iceServers', () => readIceServers(given));
  if (read.kind === 'read') return read.servers;
  throw new InvalidArgumentError(
    `iceServers: ${read.why}. Write a list such as [{ urls: 'stun:stun.example.org:3478' }].`,
  );
}

/** Resolves a path against the address of the page. A secure page connects by a secure protocol. */
function signalingAddress(signaling: string, pageAddress: string): string {
  if (typeof signaling !== 'string' || signaling === '' || !URL.canParse(signaling, pageAddress)) {
    throw new InvalidArgumentError(
      `signaling is ${described(signaling)}. Pass the address of a signaling server, such as wss://example.org/signaling.`,
    );
  }
  const address = new URL(signaling, pageAddress);
  address.hash = '';
  if (address.protocol === 'http:') address.protocol = 'ws:';
  if (address.protocol === 'https:') address.protocol = 'wss:';
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new InvalidArgumentError(
      `signaling begins with ${address.protocol}. Pass an address that begins with ws:// or wss://.`,
    );
  }
  return address.href;
}
