/** Opens stores on a faulty platform and reports the outcome of each. */
import { openShardbearer, type Shardbearer, startOverOnThisDevice } from '../../../src/index.ts';
import { createSecret } from '../../../src/transport/secrets.ts';
import { PageLinks } from '../../../src/transport/webrtc/page-links.ts';
import { isShardbearerError } from '../../../src/wire/errors.ts';
import { installFault, type PlatformFault } from './platform-faults.ts';

/** Error codes of the rejection and of the view's problems. The causes of an `INVARIANT_BROKEN` are included. */
export type Codes = readonly string[];

export interface PlatformFaultsPage {
  /** Opens a store whose worker has the fault. Resolves once the expected code shows, or after a timeout. */
  openWithWorkerFault(fault: PlatformFault, expected: string): Promise<Codes>;
  /** Opens a store in a page that has the fault. The page is unusable after that. */
  openWithPageFault(fault: PlatformFault, expected: string): Promise<Codes>;
  startOverWithPageFault(fault: PlatformFault): Promise<Codes>;
  /** Makes a connection in a page that has the fault. Resolves to what the page reports about its connections. */
  connectWithPageFault(fault: PlatformFault): Promise<string>;
}

/** Longest time to wait for the expected code. A worker can take seconds to start on a busy machine. */
const PATIENCE_MS = 20_000;

const page: PlatformFaultsPage = {
  openWithWorkerFault: async (fault, expected) => await codesOf(fault, expected),
  openWithPageFault: async (fault, expected) => {
    const secret = await newSecret();
    installFault(fault);
    return await codesOf(undefined, expected, secret);
  },
  startOverWithPageFault: async (fault) => {
    installFault(fault);
    return await startOverOnThisDevice().then(
      () => [],
      (error: unknown) => codesIn(error),
    );
  },
  connectWithPageFault: async (fault) => {
    installFault(fault);
    const { port1, port2 } = new MessageChannel();
    const links = new PageLinks({ port: port1 });
    const report = new Promise<string>((resolve) => {
      port2.onmessage = ({ data }: MessageEvent<{ kind: string; message?: string }>) => {
        if (data.kind === 'peer-failed') resolve(data.message ?? '');
      };
    });
    port2.postMessage({ kind: 'open-peer', peer: 1, initiator: true, iceServers: [], throughPage: true });
    const message = await report;
    links.close();
    return message;
  },
};
Reflect.set(globalThis, 'platformFaults', page);

async function newSecret(): Promise<string> {
  return await createSecret(crypto.subtle, crypto.getRandomValues(new Uint8Array(32)));
}

async function codesOf(fault: PlatformFault | undefined, expected: string, known?: string): Promise<Codes> {
  let store: Shardbearer | undefined;
  try {
    store = await openShardbearer({
      signaling: '/signaling',
      secret: known ?? (await newSecret()),
      createWorker: () =>
        new Worker(new URL('./platform-faults-worker.ts', import.meta.url), {
          type: 'module',
          name: fault === undefined ? '' : JSON.stringify(fault),
        }),
    });
    return await problemsOf(store, expected);
  } catch (error) {
    return codesIn(error);
  } finally {
    void store?.close();
  }
}

async function problemsOf(store: Shardbearer, expected: string): Promise<Codes> {
  const codes = () => store.view().problems.map(({ code }) => code);
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (expected !== '' && !codes().some((code) => code === expected) && performance.now() < deadlineMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  return codes();
}

function codesIn(error: unknown): Codes {
  if (!isShardbearerError(error)) return [`untyped: ${String(error)}`];
  const { code, cause } = error;
  return isShardbearerError(cause) && cause.code === 'INVARIANT_BROKEN' ? [code, cause.code] : [code];
}
