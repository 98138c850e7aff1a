/** Chooses the banner of the page: the state of the cluster as a headline, with its meaning and advice. */
import type { HostView, Problem } from '../../hosts/contract.ts';
import type { RadiantView } from '../../radiant/contract.ts';
import type { ErrorCode } from '../../wire/errors.ts';
import { wordsForProblem } from './error-words.ts';
import { formed } from './formed-situation.ts';
import { isAstray, ownOrder, votersOf } from './own-order.ts';
import type { ShownView } from './shown-view.ts';
import { capitalized, good, type Situation, spoken, trouble, waiting } from './situation-words.ts';

export type { Situation, Tone } from './situation-words.ts';

/** Codes of problems after which the tab does not recover by itself. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(['STORAGE_TOO_NEW', 'CLOSED']);

/** Codes of disk problems. After one of them, a new boot of the radiant waits for the disk. */
const DISK_CODES: ReadonlySet<ErrorCode> = new Set(['STORAGE_HUNG', 'STORAGE_FULL']);

export function situationOf(view: ShownView | undefined): Situation {
  if (view === undefined) return starting();
  const end = view.problems.findLast(({ code }) => FINAL_CODES.has(code));
  if (end !== undefined) {
    const { code, headline, detail, remedies } = wordsForProblem(end);
    if (code === 'CLOSED' && hasLeft(view)) return departed();
    // A closed store follows from a person's decision, so it is not shown as a fault.
    return code === 'CLOSED' ? waiting(headline, detail, remedies) : trouble(headline, detail, remedies);
  }
  const [radiant] = view.radiants;
  if (radiant === undefined) return starting();
  const down = brokenDisk(view);
  if (down !== undefined) {
    const { headline, detail, remedies } = wordsForProblem(down);
    return trouble(headline, detail, remedies);
  }
  if (radiant.lifecycle === 'error') {
    return trouble('The radiant of this tab is down', 'It restarts by itself. All acknowledged writes are on disk.');
  }
  const lost = lostNetwork(view);
  if (lost !== undefined) {
    const { headline, detail, remedies } = wordsForProblem(lost);
    return trouble(headline, detail, remedies);
  }
  if (soleVoterWithoutRoom(view) !== undefined) return noWrites();
  switch (radiant.formation.kind) {
    case 'seeking':
      return seeking(view, radiant);
    case 'collecting':
      return collecting(view, radiant.formation.present.length, radiant.formation.needed);
    case 'formed':
      return isAstray(radiant) ? seeking(view, radiant) : searching(view, formed(view, radiant));
  }
}

/** The disk problem that stops this tab's radiant, if there is one. */
function brokenDisk({ problems, radiants: [own] }: HostView): Problem | undefined {
  return own?.lifecycle === 'error' ? problems.findLast(({ code }) => DISK_CODES.has(code)) : undefined;
}

/**
 * The problem of a full disk, if this tab's radiant is the sole voter of its order. No other voter can lead instead, so
 * the order takes no write.
 */
function soleVoterWithoutRoom({ problems, radiants: [own] }: HostView): Problem | undefined {
  const order = own === undefined ? undefined : ownOrder(own);
  if (order === undefined || order.herald !== own?.radiant) return undefined;
  return votersOf(order).length === 1 ? problems.findLast(({ code }) => code === 'STORAGE_FULL') : undefined;
}

function noWrites(): Situation {
  return trouble(
    'The disk is full: no writes',
    'Reads continue, and nothing is lost. Writes fail until there is room. Free space on this device. ' +
      'This tab tries again by itself.',
  );
}

function departed(): Situation {
  return good(
    'This tab has left the cluster',
    'Other radiants hold its data. You can close the tab, or reload the page to take part again.',
    ['rejoin'],
  );
}

function starting(): Situation {
  return waiting('Starting', 'This tab opens its storage and looks for other tabs.');
}

/**
 * Whether this tab has ended, so that its last view is out of date. A too new database of an adopted radiant does not
 * end the tab.
 */
export function hasEnded({ problems, radiants: [own] }: HostView): boolean {
  return problems.some(({ code }) => code === 'CLOSED' || (code === 'STORAGE_TOO_NEW' && own?.lifecycle === 'error'));
}

/** Whether the tab has left the cluster for good, instead of only being closed. */
function hasLeft({ radiants }: HostView): boolean {
  return radiants.length > 0 && radiants.every(({ leaving }) => leaving?.kind === 'left');
}

function seeking(view: HostView, radiant: RadiantView): Situation {
  if (isNetworkless(view)) return networkless();
  if (radiant.neighbours.length > 0) {
    return waiting(
      'Linked, waiting for the cluster to form',
      'The tab that founded this cluster waits for other tabs, and begins with the tabs present.',
      ['open-tab', 'copy-invite'],
    );
  }
  if (view.signaling === 'unreachable') {
    return trouble('Looking for the signaling server', NO_SIGNALING, ['reload']);
  }
  if (view.signaling === 'refused') {
    return trouble(
      'The signaling server refuses this tab',
      'The room of this cluster is full, or the server is too busy. This tab tries again by itself.',
    );
  }
  if (radiant.formation.kind === 'formed') {
    return waiting(
      'Looking for the cluster',
      'This tab holds no copy and has no link yet. It reads and writes again when it finds a tab with the data. ' +
        'Open such a tab if all are closed.',
      ['copy-invite'],
    );
  }
  return waiting(
    'Looking for the cluster',
    'This tab has found no other tab of this cluster yet. Open the link on a device that was in the cluster. ' +
      'An address with a secret joins a cluster, and never founds one.',
    ['start-over'],
  );
}

function collecting(view: HostView, present: number, needed: number): Situation {
  if (needed === 1) return founding(present);
  if (isNetworkless(view)) return networkless();
  const missing = Math.max(needed - present, 0);
  const headline =
    missing === 0 ? `${present} of ${needed}: forming` : `${present} of ${needed}: open ${spoken(missing)} more`;
  if (view.signaling === 'unreachable') {
    return trouble(headline, NO_SIGNALING, ['reload']);
  }
  return waiting(
    headline,
    `This cluster starts with ${spoken(needed)} radiants. ` +
      'Open this page in further tabs, or send the invite link to another device.',
    ['open-tab', 'copy-invite'],
  );
}

/** The banner of a tab that works but that no other tab can find. */
function searching(view: HostView, situation: Situation): Situation {
  if (situation.tone !== 'good' || !isUnfindable(view)) return situation;
  const detail = `Reads and writes work in this tab. ${NO_SIGNALING}`;
  return waiting('Looking for the signaling server', detail, ['reload']);
}

/** Whether the tab reaches neither a signaling server nor another tab. Links within this tab do not count. */
function isUnfindable({ signaling, radiants }: HostView): boolean {
  const own = new Set(radiants.map(({ radiant }) => radiant));
  const isLinked = radiants.some(({ neighbours }) => neighbours.some(({ radiant }) => !own.has(radiant)));
  return signaling === 'unreachable' && !isLinked;
}

const NO_SIGNALING =
  'The signaling server does not answer, so this tab finds no other tab. It retries by itself. ' +
  'Start the server, or name another one in the address of this page: ?signaling=wss://…';

/** The banner of a founding. The founding begins once no new radiant has appeared for a moment. */
function founding(present: number): Situation {
  const here = present <= 1 ? 'This tab is here' : `${capitalized(spoken(present))} radiants are here`;
  return waiting(
    'Founding a cluster',
    `${here}. The cluster begins in a few seconds with all radiants that are present then, or with this tab alone.`,
    ['open-tab', 'copy-invite'],
  );
}

/** Problems that the page shows below the banner. */
export function notesOf(view: HostView): readonly Problem[] {
  const headline = brokenDisk(view) ?? lostNetwork(view) ?? soleVoterWithoutRoom(view);
  const { detail } = situationOf(view);
  return view.problems.filter((problem) => {
    const isSaid = problem.code === 'SIGNALING_UNREACHABLE' && detail.includes(NO_SIGNALING);
    return problem !== headline && !isSaid && !FINAL_CODES.has(problem.code);
  });
}

/** The problem of a page that can open no new links and whose last link has ended. */
function lostNetwork({ problems, radiants: [own] }: HostView): Problem | undefined {
  if (own === undefined || own.neighbours.length > 0) return undefined;
  return problems.find(({ code }) => code === 'NETWORK_SERVICE_DIED');
}

function isNetworkless(view: HostView): boolean {
  const linked = view.radiants.some(({ neighbours }) => neighbours.length > 0);
  return !linked && view.problems.some(({ code }) => code === 'LINK_FAILED');
}

function networkless(): Situation {
  return trouble(
    'No way to other tabs',
    'The browser found no network address that another tab can reach, or a network in between blocks the connection. ' +
      'Join a network, or switch off an extension that blocks WebRTC.',
    ['reload'],
  );
}
