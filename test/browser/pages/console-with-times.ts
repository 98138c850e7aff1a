/** The console of the product, whose store has the times in the address of the page. */
import { showConsole } from '../../../src/app/console/console-page.tsx';
import { storeOpener } from '../../../src/hosts/browser/open.ts';
import { chosenTimes } from './chosen-times.ts';

const openStore = storeOpener(
  async () => ({
    owner: 'application',
    create: () => new Worker(new URL('../../../src/hosts/browser/worker.ts', import.meta.url), { type: 'module' }),
  }),
  chosenTimes(location.href),
);

showConsole(openStore);
