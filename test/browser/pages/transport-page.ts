import { PageLinks } from '../../../src/transport/webrtc/page-links.ts';

/** The page of the transport bench. The page holds the connections, and its worker holds the transports. */
class TransportPage {
  #worker: Worker | undefined;
  #links: PageLinks | undefined;

  startWorker(): void {
    const { port1, port2 } = new MessageChannel();
    this.#worker = new Worker(new URL('./transport-worker.ts', import.meta.url), { type: 'module' });
    this.#links = new PageLinks({ port: port1 });
    this.#worker.postMessage(port2, [port2]);
  }

  /** Closes the links, as a host does whose worker has died. */
  stopWorker(): void {
    this.#worker?.terminate();
    this.#links?.close();
  }
}

const transportPage = new TransportPage();
Reflect.set(globalThis, 'transportPage', transportPage);
transportPage.startWorker();

export type { TransportPage };
