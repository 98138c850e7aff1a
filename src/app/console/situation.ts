/** The state of the cluster in words: one headline, what it means, and what to do. */
import type { HostView, Problem } from '../../hosts/contract.ts';
import type { RadiantView } from '../../radiant/contract.ts';
import type { ErrorCode } from '../../wire/errors.ts';
import { wordsForProblem } from './error-words.ts';
import { formed } from './formed-situation.ts';
import { isAstray, ownOrder, votersOf } from './own-order.ts';
import type { ShownView } from './shown-view.ts';
import { capitalized, good, type Situation, spoken, trouble, waiting } from './situation-words.ts';

export type { Situation, Tone } from './situation-words.ts';

/** After these the tab does not go on by itself. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(['STORAGE_TOO_NEW', 'CLOSED']);

/** A new boot waits for the disk of this device. */
const DISK_CODES: ReadonlySet<ErrorCode> = new Set(['STORAGE_HUNG', 'STORAGE_FULL']);

/** What the person in front of this tab should know first. */
export function situationOf(view: ShownView | undefined): Situation {
  if (view === undefined) return starting();
  const end = view.problems.findLast(({ code }) => FINAL_CODES.has(code));
  if (end !== undefined) {
    const { code, headline, detail, remedies } = wordsForProblem(end);
    if (code === 'CLOSED' && hasLeft(view)) return departed();
    // A closed store is the result of a decision, not a fault.
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
    return trouble('The radiant of this tab is down', 'It starts anew by itself; what it acknowledged is on disk.');
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

/** Why the radiant of this tab does not run, if that is the disk. */
function brokenDisk({ problems, radiants: [own] }: HostView): Problem | undefined {
  return own?.lifecycle === 'error' ? problems.findLast(({ code }) => DISK_CODES.has(code)) : undefined;
}

/** No other voter can lead instead of this one, so its order takes no write until the disk has room. */
function soleVoterWithoutRoom({ problems, radiants: [own] }: HostView): Problem | undefined {
  const order = own === undefined ? undefined : ownOrder(own);
  if (order === undefined || order.herald !== own?.radiant) return undefined;
  return votersOf(order).length === 1 ? problems.findLast(({ code }) => code === 'STORAGE_FULL') : undefined;
}

function noWrites(): Situation {
  return trouble(
    'The disk is full: no writes',
    'Reads go on, and nothing is lost. Writes fail until there is room: free space on this device. ' +
      'This tab tries again by itself.',
  );
}

function departed(): Situation {
  return good(
    'This tab has left the cluster',
    'Other radiants hold what it held. You can close the tab, or reload the page to take part again.',
    ['rejoin'],
  );
}

function starting(): Situation {
  return waiting('Starting', 'This tab opens its storage and looks for others.');
}

/**
 * Whether nothing of this tab goes on by itself, nor can be asked of it: what it knew last is of the past. It does go on
 * where only a radiant that it adopted is of a newer version.
 */
export function hasEnded({ problems, radiants: [own] }: HostView): boolean {
  return problems.some(({ code }) => code === 'CLOSED' || (code === 'STORAGE_TOO_NEW' && own?.lifecycle === 'error'));
}

/** For good, and not only closed. */
function hasLeft({ radiants }: HostView): boolean {
  return radiants.length > 0 && radiants.every(({ leaving }) => leaving?.kind === 'left');
}

function seeking(view: HostView, radiant: RadiantView): Situation {
  if (isNetworkless(view)) return networkless();
  if (radiant.neighbours.length > 0) {
    return waiting(
      'Linked, waiting for the cluster to form',
      'The tab that founded this cluster waits for others, and begins with those that are here.',
      ['open-tab', 'copy-invite'],
    );
  }
  if (view.signaling === 'unreachable') {
    return trouble('Looking for the signaling server', NO_SIGNALING, ['reload']);
  }
  if (view.signaling === 'refused') {
    return trouble(
      'The signaling server lets this tab not in',
      'The room of this cluster is full, or the server is too busy. This tab tries again by itself.',
    );
  }
  if (radiant.formation.kind === 'formed') {
    return waiting(
      'Looking for the cluster',
      'This tab holds no copy now, and is linked to nobody yet. It reads and writes again as soon as it finds one of ' +
        'those that hold the data: open one of them, if none is open.',
      ['copy-invite'],
    );
  }
  return waiting(
    'Looking for the cluster',
    'Nobody of this cluster was found yet. Open its link on a device that was in it: ' +
      'an address with a secret joins, and never founds.',
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

/** A tab in order that no other tab can find must say so first. */
function searching(view: HostView, situation: Situation): Situation {
  if (situation.tone !== 'good' || !isUnfindable(view)) return situation;
  const detail = `Reads and writes work in this tab. ${NO_SIGNALING}`;
  return waiting('Looking for the signaling server', detail, ['reload']);
}

/** Without the signaling server, and linked to no tab: radiants of this tab itself do not count. */
function isUnfindable({ signaling, radiants }: HostView): boolean {
  const own = new Set(radiants.map(({ radiant }) => radiant));
  const isLinked = radiants.some(({ neighbours }) => neighbours.some(({ radiant }) => !own.has(radiant)));
  return signaling === 'unreachable' && !isLinked;
}

const NO_SIGNALING =
  'The signaling server does not answer, so this tab finds no other tab. It retries by itself. ' +
  'Start the server, or name another one in the address of this page: ?signaling=wss://…';

/** It begins with whoever is here when nobody new has come for a moment. */
function founding(present: number): Situation {
  const here = present <= 1 ? 'This tab is here' : `${capitalized(spoken(present))} radiants are here`;
  return waiting(
    'Founding a cluster',
    `${here}; others that come now are part of it from the beginning. In a few seconds it begins with those that are here, alone if need be.`,
    ['open-tab', 'copy-invite'],
  );
}

/** What is to be said beside the situation. */
export function notesOf(view: HostView): readonly Problem[] {
  const headline = brokenDisk(view) ?? lostNetwork(view) ?? soleVoterWithoutRoom(view);
  const { detail } = situationOf(view);
  return view.problems.filter((problem) => {
    const isSaid = problem.code === 'SIGNALING_UNREACHABLE' && detail.includes(NO_SIGNALING);
    return problem !== headline && !isSaid && !FINAL_CODES.has(problem.code);
  });
}

/** The page makes no new links, and the last ones have ended. */
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
    'No way to the others',
    'The browser found no network address that another tab can reach, or a network in between lets none through. ' +
      'Join a network, or switch off an extension that blocks WebRTC.',
    ['reload'],
  );
}
