import { storeOpener } from '../../hosts/browser/open.ts';
import { showConsole } from './console-page.tsx';

/** The worker is a separate file, so that the browser caches its compiled code and the page needs no `blob:` policy. */
const openStore = storeOpener(async () => ({
  owner: 'application',
  create: () => new Worker(new URL('../../hosts/browser/worker.ts', import.meta.url), { type: 'module' }),
}));

showConsole(openStore);
