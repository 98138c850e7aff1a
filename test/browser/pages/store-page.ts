/** Opens the store as an application does, and makes it available to the test. */
import { storeOpener } from '../../../src/hosts/browser/open.ts';
import type { Configuration, HostView, OpenOptions, Shardbearer } from '../../../src/index.ts';
import { type Effect, isShardbearerError } from '../../../src/wire/errors.ts';
import { tickets } from '../../ticket-queue.ts';
import { chosenTimes } from './chosen-times.ts';
import { HALTED } from './halts.ts';

export interface StorePage {
  /** Settles once the store is open or has failed to open. */
  readonly store: Promise<Shardbearer<string>>;
  /** All workers that the page has created. The newest is last. */
  readonly workers: readonly Worker[];
  /** Whether a worker has halted at the step that a test has set. */
  readonly hasHalted: boolean;
  /** The machine that the worker of this page has. */
  readonly tickets: typeof tickets;
  run(call: StoreCall): Promise<StoreAnswer>;
}

export type StoreCall =
  | { readonly kind: 'get' | 'delete'; readonly key: string }
  | { readonly kind: 'put' | 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'move'; readonly slot: number; readonly order: string }
  | { readonly kind: 'fracture' | 'consolidate'; readonly slot: number }
  | { readonly kind: 'ready' | 'view' | 'secret' | 'configuration' | 'close' | 'leave' };

/** The outcome of a call. An error loses its class between the page and the test, so its fields are listed. */
export type StoreAnswer =
  | {
      readonly kind: 'done';
      readonly value?: string | undefined;
      readonly existed?: boolean;
      readonly view?: HostView;
      readonly configuration?: Configuration;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly effect: Effect; readonly message: string };

const parameters = new URLSearchParams(location.search);
const workers: Worker[] = [];
let hasHalted = false;

const openStore = storeOpener(
  () => Promise.resolve({ owner: 'application', create: createWorker }),
  chosenTimes(location.href),
);
const options: Omit<OpenOptions, 'encoding'> = {
  signaling: await signalingAddress(),
  secret: location.hash === '' ? undefined : location.hash.slice(1),
  adoption: parameters.get('adoption') !== 'off',
  framesThroughPage: parameters.get('frames') === 'page',
  role: parameters.get('role') === 'client' ? 'client' : 'radiant',
  founding: { radiants: numberOf('radiants'), orders: numberOf('orders'), shards: numberOf('shards') },
};
// A page without types can pass any name of an algorithm.
Object.assign(options, { algorithm: parameters.get('algorithm') ?? undefined });
const store = openStore({ ...options, encoding: 'utf8' });
// Later calls get the rejection. Until then, it must not count as unhandled.
store.catch(() => undefined);

const storePage: StorePage = {
  store,
  workers,
  get hasHalted() {
    return hasHalted;
  },
  tickets,
  run,
};
Reflect.set(globalThis, 'storePage', storePage);

function createWorker(): Worker {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
  workers.push(worker);
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    hasHalted ||= data === HALTED;
  });
  return worker;
}

function numberOf(name: string): number | undefined {
  const text = parameters.get(name);
  return text === null ? undefined : Number(text);
}

async function run(call: StoreCall): Promise<StoreAnswer> {
  try {
    return await answer(await store, call);
  } catch (error) {
    if (!isShardbearerError(error)) throw error;
    return { kind: 'failed', code: error.code, effect: error.effect, message: error.message };
  }
}

async function answer(opened: Shardbearer<string>, call: StoreCall): Promise<StoreAnswer> {
  switch (call.kind) {
    case 'get':
      return { kind: 'done', value: await opened.get(call.key) };
    case 'put':
      await opened.put(call.key, call.value);
      return { kind: 'done' };
    case 'append':
      await opened.append(call.key, call.value);
      return { kind: 'done' };
    case 'delete':
      return { kind: 'done', existed: await opened.delete(call.key) };
    case 'ready':
      await opened.ready();
      return { kind: 'done' };
    case 'close':
      await opened.close();
      return { kind: 'done' };
    case 'leave':
      await opened.leave();
      return { kind: 'done' };
    case 'move':
      return { kind: 'done', configuration: await opened.administration.move({ slot: call.slot }, call.order) };
    case 'fracture':
      return { kind: 'done', configuration: await opened.administration.fracture({ slot: call.slot }) };
    case 'consolidate':
      return { kind: 'done', configuration: await opened.administration.consolidate({ slot: call.slot }) };
    case 'configuration':
      return { kind: 'done', configuration: await opened.administration.configuration() };
    case 'view':
      return { kind: 'done', view: opened.view() };
    case 'secret':
      return { kind: 'done', value: opened.secret };
  }
}

async function signalingAddress(): Promise<string> {
  const settings: unknown = await (await fetch('/settings.json')).json();
  const address: unknown = Reflect.get(Object(settings), 'signalingUrl');
  return String(address);
}
