/**
 * Shows the console in the state that the address names after `#`. The page's store fails as a real store does in that
 * state.
 */
import { render } from 'preact';
import { Console, type Opening } from '../../../src/app/console/console.tsx';
import { StoreAdministration } from '../../../src/hosts/administration.ts';
import type { HostView, Shardbearer } from '../../../src/hosts/contract.ts';
import type { Key } from '../../../src/hosts/key-value-contract.ts';
import { statusOf } from '../../../src/hosts/status.ts';
import { formatVersionstamp } from '../../../src/hosts/versionstamps.ts';
import { ShardbearerError } from '../../../src/wire/errors.ts';
import { type ConsoleState, STATES } from './console-states.ts';

declare global {
  var gallery: Gallery | undefined;
}

/** The calls to the store, oldest first. Each one consists of kind, key and value. */
const asked: unknown[][] = [];
Reflect.set(globalThis, 'asked', asked);

const actions = {
  openTab: () => undefined,
  reload: () => undefined,
  openBare: () => undefined,
  startOver: async () => undefined,
};

function openingOf(state: ConsoleState): Opening {
  if (state.kind !== 'open') return state;
  const { origin } = location;
  return { kind: 'open', store: pictured(state.view), invite: `${origin}/#${'Q1x_'.repeat(12)}` };
}

/** A store that returns fixed answers, with results of every kind. */
function pictured(view: HostView): Shardbearer<string> {
  const refuse = async (): Promise<never> => {
    throw new ShardbearerError('NO_QUORUM', '2 of 3 voters cannot be reached: c81d04 and 0be7f1');
  };
  const stay = async (): Promise<never> => {
    throw new ShardbearerError('LEAVE_TIMED_OUT', 'others have not taken over in time');
  };
  const written = (kind: string) => async (key: Key, value: unknown) => {
    asked.push([kind, key, value]);
    if (key.length > 1_024) throw new ShardbearerError('KEY_TOO_LARGE', 'Key is too long. Use a shorter key.');
    return formatVersionstamp({ generation: 0, revision: 42 });
  };
  const found = async (key: Key) => {
    asked.push(['get', key]);
    return key === 'missing' ? undefined : 'hello, world '.repeat(20);
  };
  const formation = view.radiants[0]?.formation;
  const works = view.radiants[0]?.orders[0]?.quorumReachable ?? false;
  return {
    secret: '',
    get: works ? found : refuse,
    entry: refuse,
    getMany: refuse,
    list: () => (async function* () {})(),
    watch: () => Object.assign((async function* () {})(), { position: undefined }),
    put: works ? written('put') : refuse,
    append: works ? written('append') : refuse,
    delete: works ? async () => true : refuse,
    atomic: () => {
      throw new Error('The console begins no transactions.');
    },
    transact: refuse,
    machine: () => {
      throw new Error('The console has no machines.');
    },
    status: statusOf(view, '/signaling'),
    onStatus: () => () => undefined,
    view: () => view,
    onView: () => () => undefined,
    ready: async () => undefined,
    administration: new StoreAdministration(
      formation?.kind === 'formed' && works
        ? async () => ({ kind: 'configuration', configuration: formation.configuration })
        : refuse,
    ),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    leave: works ? async () => undefined : stay,
  };
}

function show(name: string): void {
  const state = STATES[name] ?? { kind: 'opening' };
  const root = document.getElementById('console');
  if (root === null) return;
  render(null, root);
  render(
    <Console opening={openingOf(state)} view={state.kind === 'open' ? state.view : undefined} actions={actions} />,
    root,
  );
}

const showNamed = (): void => show(location.hash.slice(1));
window.addEventListener('hashchange', showNamed);
showNamed();

export interface Look {
  readonly headline: string;
  /** The number of elements that show live data. */
  readonly live: number;
  /** Pixels by which the page is wider than its screen. */
  readonly sidewaysOverflow: number;
  /** Texts that are wider than their element. */
  readonly cutOff: readonly string[];
}

/** Shows a state, and measures the page. A navigation for each of the many states would take longer. */
async function look(name: string, { gets }: { readonly gets: boolean }): Promise<Look> {
  show(name);
  if (gets) {
    [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Get')?.click();
    while (document.querySelector('.result:not([data-outcome="under-way"])') === null) await nextTask();
  }
  return {
    headline: document.querySelector('.banner h2')?.textContent ?? '',
    live: document.querySelectorAll('.card, .note, form').length,
    sidewaysOverflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cutOff: cutOff(),
  };
}

function cutOff(): readonly string[] {
  return [...document.querySelectorAll('button, td, th, dd, dt, h2, h3, p')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
    .map((element) => element.textContent ?? '');
}

async function nextTask(): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve);
  });
}

export interface Gallery {
  readonly look: typeof look;
  readonly cutOff: typeof cutOff;
}

globalThis.gallery = { look, cutOff };
