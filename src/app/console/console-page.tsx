/** The page of the console: opens the store for the address of its tab and shows its state. */
import { signal } from '@preact/signals';
import { render } from 'preact';
import type { HostView, Shardbearer } from '../../hosts/contract.ts';
import type { OpenStore } from '../../hosts/browser/open.ts';
import { startOverOnThisDevice } from '../../hosts/browser/start-over.ts';
import { hostScheduler } from '../../transport/scheduler.ts';
import { bareAddress, inviteLink, readAddress } from './address.ts';
import { Console, type Opening, type PageActions } from './console.tsx';
import { loadSettings, type Settings, watchSettings } from './page-settings.ts';
import { TIMES } from '../../wire/times.ts';
import { hasEnded } from './situation.ts';
import { LinkingWindow, type ShownView } from './shown-view.ts';

declare global {
  interface Window {
    /** The open store of this tab, for developer tools and scripts. Undefined: the store is not open yet. */
    shardbearer?: Shardbearer<string>;
  }
}

const opening = signal<Opening>({ kind: 'opening' });
const view = signal<ShownView | undefined>(undefined);
const linking = new LinkingWindow(TIMES.client.quorumPatienceMs);

const actions: PageActions = {
  openTab: () => {
    const state = opening.value;
    window.open(state.kind === 'open' ? state.invite : location.href, '_blank', 'noopener');
  },
  reload: () => location.reload(),
  openBare,
  startOver,
};

/** Opens this device's last cluster, or a new one. */
function openBare(): void {
  // A change of the text after `#` alone does not load the page.
  showAddress(bareAddress(location.href));
  location.reload();
}

/**
 * Changes the address without loading the page. Browsers refuse this after many changes in a row, and in a document
 * without an origin.
 */
function showAddress(address: string): void {
  try {
    history.replaceState(null, '', address);
  } catch {
    // The address stays as it was. The console still shows the invite link.
  }
}

async function startOver(): Promise<void> {
  await startOverOnThisDevice();
  openBare();
}

async function open(openStore: OpenStore): Promise<void> {
  const address = readAddress(location.href);
  const settings = await settingsFor(address.signaling);
  const store = await openStore({
    signaling: settings.signaling,
    secret: address.secret,
    adoption: address.adoption,
    framesThroughPage: address.framesThroughPage,
    role: address.role,
    founding: address.founding,
    encoding: 'utf8',
  });
  const invite = inviteLink(location.href, store.secret);
  showAddress(invite);
  store.onView(show);
  show(store.view());
  window.shardbearer = store;
  opening.value = { kind: 'open', store, invite };
  watchSettings({
    used: settings,
    pageAddress: location.href,
    get: getFile,
    scheduler: hostScheduler,
    random: () => Math.random(),
    isSettled: () => isSettled(store.view()),
    onOther: () => location.reload(),
  });
}

/** @param named the signaling server that the page's address names; it overrides settings.json */
async function settingsFor(named: string | undefined): Promise<Settings> {
  return named === undefined ? await loadSettings(location.href, getFile) : { signaling: named, areConfirmed: true };
}

/**
 * Whether the settings need no further check. A tab that has left must not reload, because a reload joins the cluster
 * again.
 */
function isSettled(current: HostView): boolean {
  return current.signaling === 'connected' || hasEnded(current);
}

const getFile: typeof fetch = (input, init) => fetch(input, init);

let endOfLinking: ReturnType<typeof setTimeout> | undefined;

function show(next: HostView): void {
  const nowMs = performance.now();
  view.value = linking.show(next, nowMs);
  const remainingMs = linking.remainingMs(nowMs);
  if (remainingMs === 0 || endOfLinking !== undefined) return;
  // The view is shown again when the linking window ends, because no other event may change the view by then.
  endOfLinking = setTimeout(() => {
    endOfLinking = undefined;
    show(view.value ?? next);
  }, remainingMs + 1);
}

function App() {
  return <Console opening={opening.value} view={view.value} actions={actions} />;
}

export function showConsole(openStore: OpenStore): void {
  const root = document.getElementById('console');
  if (root !== null) render(<App />, root);
  // A person can paste another invite link into the address of this tab.
  window.addEventListener('hashchange', () => location.reload());
  open(openStore).catch((error: unknown) => {
    opening.value = { kind: 'failed', error };
  });
}
