/** Builds the parts of one tab in its worker, in the order of their dependencies. */
import { Client } from '../../client/client.ts';
import { chosenAlgorithm } from '../../consensus/algorithms.ts';
import { Radiant } from '../../radiant/radiant.ts';
import type { Storage } from '../../storage/contract.ts';
import type { AnyMachine } from '../../store/machine.ts';
import { DeviceRegistry as IndexedDbRegistry } from '../../storage/indexeddb/device.ts';
import { IndexedDbStorage } from '../../storage/indexeddb/indexeddb-storage.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import { CompositeTransport } from '../../transport/composite.ts';
import type { Transport } from '../../transport/contract.ts';
import { LocalHub } from '../../transport/local.ts';
import { hostScheduler } from '../../transport/scheduler.ts';
import { ClusterKeys, createSecret, parseSecret, SECRET_BYTES } from '../../transport/secrets.ts';
import { PeerPort } from '../../transport/webrtc/peer-port.ts';
import { WebRtcTransport } from '../../transport/webrtc/webrtc-transport.ts';
import { assert } from '../../wire/assertion.ts';
import { ShardbearerError } from '../../wire/errors.ts';
import { version as BUILD } from '../../../package.json';
import type { BootId, ClusterId, DeviceId, RadiantId } from '../../wire/identifiers.ts';
import type { CallHandlers } from '../call-channel.ts';
import type { HostView } from '../contract.ts';
import { type DeviceRegistry, MemoryRegistry } from '../device-registry.ts';
import { errorCodeOf } from '../error-record.ts';
import { joinCluster } from '../join-cluster.ts';
import { IdentityKeeper } from '../identity-keeper.ts';
import { type Locks, MemoryLocks } from '../locks.ts';
import { RadiantHost } from '../radiant-host.ts';
import type { HostSettings } from './options.ts';
import { randomBytes, randomId } from './randomness.ts';
import type { StartArgument, Started, WorkerCalls } from './worker-protocol.ts';

interface Keeping {
  readonly storage: Storage;
  readonly registry: DeviceRegistry;
  readonly locks: Locks;
  readonly kind: HostView['storage'];
}

export class TabWorker {
  /** The handlers of the page's calls. */
  readonly handlers: CallHandlers<WorkerCalls> = {
    hold: async (lock) => {
      // The worker holds this lock until it ends. The page waits for the lock to detect that end. If the browser denies
      // locks, the page uses `ping`.
      await this.#locks.hold(lock);
    },
    ping: () => Promise.resolve(),
    start: (argument) => this.#start(argument),
    request: ({ call, timeoutMs }, signal) => {
      assert(this.#host !== undefined, STARTED_FIRST);
      return this.#host.client.request(call, signal, timeoutMs);
    },
    leave: async ({ timeoutMs }, signal) => {
      assert(this.#host !== undefined, STARTED_FIRST);
      await this.#host.leave(signal, timeoutMs);
      return this.#host.view();
    },
    close: async () => {
      await this.#host?.close();
    },
  };
  readonly #locks: Locks;
  readonly #machines: readonly AnyMachine[];
  readonly #watchers = new Set<(view: HostView) => void>();
  #host: RadiantHost | undefined;

  /** @param machines the machines of the application */
  constructor(locks: Locks, machines: readonly AnyMachine[] = []) {
    this.#locks = locks;
    this.#machines = machines;
  }

  /** Reports every view to the listener, beginning with the first one. Can be called before the start. */
  watch(listener: (view: HostView) => void): () => void {
    this.#watchers.add(listener);
    if (this.#host !== undefined) listener(this.#host.view());
    return () => this.#watchers.delete(listener);
  }

  async #start({ settings, linksPort, arrival }: StartArgument): Promise<Started> {
    assert(this.#host === undefined, 'a worker is started once');
    // The check precedes all flushes, since a founding record with an unknown algorithm could never continue.
    chosenAlgorithm(settings.algorithm);
    const keeping = settings.role === 'client' ? keepNothing() : await openKeeping(this.#locks);
    if (settings.secret === undefined) requireDurable(keeping);
    const { locks } = keeping;
    const { application, times } = settings;
    const keeper = new IdentityKeeper({
      locks,
      storage: keeping.storage,
      registry: keeping.registry,
      scheduler: hostScheduler,
      times,
      newRadiantId: () => randomId<RadiantId>(),
      newBootId: () => randomId<BootId>(),
    });
    const environment = { nowMs: () => performance.now(), random: () => Math.random(), randomBytes, times };
    const joined = await joinCluster(
      {
        registry: keeping.registry,
        keeper,
        locks,
        newSecret: () => createSecret(crypto.subtle, randomBytes(SECRET_BYTES)),
        newClusterId: () => randomId<ClusterId>(),
        roomOf: async (secret) => (await keysOf(secret)).room,
      },
      settings,
      arrival,
    );
    const { secret, room, own } = joined;
    const peers = new PeerPort({ port: linksPort, throughPage: settings.framesThroughPage });
    this.#host = new RadiantHost(own, {
      room,
      remember: () => keeping.registry.rememberCluster({ room, secret, founded: false, application }),
      keeper,
      locks,
      adoption: settings.adoption && keeping.kind === 'durable',
      role: settings.role,
      storage: keeping.kind,
      frames: () => (peers.framesThroughPage ? 'page' : 'worker'),
      createRadiant: (database, place, lifecycles) =>
        new Radiant({
          lifecycles,
          environment,
          database,
          durable: keeping.kind === 'durable',
          role: settings.role === 'client' ? 'client' : 'member',
          joins: place === 'wanted',
          founding: settings.founding,
          replicationFactor: settings.replicationFactor,
          algorithm: settings.algorithm,
          machines: this.#machines,
        }),
      createTransport: transportFactory(settings, await keysOf(secret), peers),
      createClient: () => new Client({ environment }),
      scheduler: hostScheduler,
      times,
    });
    this.#host.watch((view) => {
      for (const watcher of this.#watchers) watcher(view);
    });
    return { secret };
  }
}

const STARTED_FIRST = 'the page starts its worker before other calls';

/**
 * Opens durable storage and locks. Without them, a tab takes part from memory and never votes (design, rules 3 and 14).
 */
async function openKeeping(locks: Locks): Promise<Keeping> {
  const registry = new IndexedDbRegistry(randomBytes);
  try {
    await locks.table();
    await registry.deviceId();
    return { storage: new IndexedDbStorage(), registry, locks, kind: 'durable' };
  } catch (error) {
    if (errorCodeOf(error) !== 'STORAGE_UNAVAILABLE') throw error;
    return keepNothing();
  }
}

function keepNothing(): Keeping {
  return {
    storage: new MemoryStorage(),
    registry: new MemoryRegistry(randomId<DeviceId>()),
    locks: new MemoryLocks().client(),
    kind: 'memory',
  };
}

/**
 * Requires durable storage for a tab without a secret. Such a tab joins the last cluster of this device or founds one,
 * which both need durable storage (design, rule 12).
 * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`
 */
function requireDurable({ kind }: Keeping): void {
  if (kind === 'durable') return;
  throw new ShardbearerError(
    'STORAGE_UNAVAILABLE',
    'This browser keeps no data for this site, so this tab cannot found a cluster. ' +
      'Allow site data, leave private mode, or open the invite link of a cluster.',
  );
}

async function keysOf(secret: string): Promise<ClusterKeys> {
  return ClusterKeys.derive(crypto.subtle, await parseSecret(crypto.subtle, secret));
}

/** Creates the transports of radiants. Radiants of this worker are linked in memory, all others over WebRTC. */
function transportFactory(
  settings: HostSettings,
  keys: ClusterKeys,
  peers: PeerPort,
): (radiant: RadiantId, boot: BootId) => Transport {
  const hub = new LocalHub();
  return (radiant, boot) =>
    new CompositeTransport([
      hub.join({ radiant, boot }),
      new WebRtcTransport({
        radiant,
        boot,
        build: BUILD,
        keys,
        signalingUrl: settings.signalingUrl,
        peers,
        iceServers: settings.iceServers,
        isLocal: (other) => hub.has(other),
      }),
    ]);
}
