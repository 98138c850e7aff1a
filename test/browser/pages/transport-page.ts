import { PageLinks } from '../../../src/transport/webrtc/page-links.ts';

/** Connections live on the page, all else in its worker. */
class TransportPage {
  #worker: Worker | undefined;
  #links: PageLinks | undefined;

  startWorker(): void {
    const { port1, port2 } = new MessageChannel();
    this.#worker = new Worker(new URL('./transport-worker.ts', import.meta.url), { type: 'module' });
    this.#links = new PageLinks({ port: port1 });
    this.#worker.postMessage(port2, [port2]);
  }

  /** As a host does when its worker died. */
  stopWorker(): void {
    this.#worker?.terminate();
    this.#links?.close();
  }
}

const transportPage = new TransportPage();
Reflect.set(globalThis, 'transportPage', transportPage);
transportPage.startWorker();

export type { TransportPage };
