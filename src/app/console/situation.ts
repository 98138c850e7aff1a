/** The state of the cluster in words: one headline, what it means, and what to do. */
import type { HostView, Problem } from '../../hosts/contract.ts';
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';
import type { ErrorCode } from '../../wire/errors.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import { wordsForProblem } from './error-words.ts';
import type { Remedy } from './remedy.ts';

export type Tone = 'good' | 'waiting' | 'trouble';

export interface Situation {
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string;
  readonly remedies: readonly Remedy[];
}

/** How many voters a cluster is founded with, as long as no founder said otherwise. */
const USUAL_FOUNDERS = 3;

/** After these the tab does not go on by itself. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(['STORAGE_TOO_NEW', 'CLOSED']);

/** What the person in front of this tab should know first. */
export function situationOf(view: HostView | undefined): Situation {
  const radiant = view?.radiants[0];
  if (view === undefined || radiant === undefined) {
    return waiting('Starting', 'This tab opens its storage and looks for others.');
  }
  const end = view.problems.findLast(({ code }) => FINAL_CODES.has(code));
  if (end !== undefined) {
    const { headline, detail, remedies } = wordsForProblem(end);
    return trouble(headline, detail, remedies);
  }
  if (radiant.lifecycle === 'error') {
    return trouble('The radiant of this tab is down', 'It starts anew by itself; what it acknowledged is on disk.');
  }
  switch (radiant.formation.kind) {
    case 'seeking':
      return seeking(view, radiant);
    case 'collecting':
      return collecting(view, radiant.formation.present.length, radiant.formation.needed);
    case 'formed':
      return formed(radiant);
  }
}

function seeking(view: HostView, radiant: RadiantView): Situation {
  if (isNetworkless(view)) return networkless();
  if (radiant.neighbours.length > 0) {
    return waiting(
      'Linked, waiting for the cluster to form',
      'The tab that founded this cluster counts who is here. It forms as soon as ' +
        `${USUAL_FOUNDERS} radiants with durable storage are linked.`,
      ['open-tab', 'copy-invite'],
    );
  }
  if (view.signaling === 'unreachable') {
    return trouble(
      'The signaling server does not answer',
      'Tabs find each other through it, so this tab is alone for now. It keeps trying; check that the server runs.',
    );
  }
  if (view.signaling === 'refused') {
    return trouble(
      'The signaling server lets this tab not in',
      'The room of this cluster is full, or the server is too busy. This tab tries again by itself.',
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
  if (isNetworkless(view)) return networkless();
  const missing = Math.max(needed - present, 0);
  const headline =
    missing === 0 ? `${present} of ${needed}: forming` : `${present} of ${needed}: open ${spoken(missing)} more`;
  if (view.signaling === 'unreachable') {
    return trouble(
      headline,
      'The signaling server does not answer, so other tabs cannot find this one. It keeps trying; check that the server runs.',
      ['open-tab'],
    );
  }
  return waiting(
    headline,
    `A cluster starts with ${spoken(needed)} radiants, so that it can lose one and go on. ` +
      'Open this page in further tabs, or send the invite link to another device.',
    ['open-tab', 'copy-invite'],
  );
}

function formed(radiant: RadiantView): Situation {
  const order = radiant.orders[0];
  if (order === undefined) return waiting('Joining', 'The cluster is formed; this tab learns who leads it.');
  if (!order.quorumReachable) return withoutQuorum(order);
  if (order.herald === undefined) {
    return waiting('Electing a herald', 'The order chooses who leads it. This takes about a second.');
  }
  const voters = votersOf(order).length;
  const missing = missingVoters(order);
  if (order.replica === undefined) {
    const [there, through] =
      missing.length === 0
        ? [`The order has its ${spoken(voters)} voters.`, 'them']
        : [`Of the order’s ${spoken(voters)} voters, ${nameMembers(missing)} cannot be reached.`, 'the others'];
    return good('In order, as a client', `${there} This tab holds no copy; it reads and writes through ${through}.`);
  }
  if (missing.length > 0) {
    return good(
      'In order, with less to spare',
      `${nameMembers(missing)} cannot be reached. Nothing is lost and writes go on, but not if another one goes.`,
      ['open-tab'],
    );
  }
  if (order.replica.role === 'learner') {
    return good(
      'In order, as a learner',
      `The order has its ${spoken(voters)} voters. This tab keeps a copy of everything, and does not vote.`,
    );
  }
  const role = order.herald === radiant.radiant ? 'This tab is its herald.' : `${shortId(order.herald)} is its herald.`;
  const change = order.replica.wish.isReached ? '' : ' Its members are changing.';
  return good('In order', `All ${spoken(voters)} voters of the order can be reached. ${role}${change}`);
}

function withoutQuorum(order: OrderView): Situation {
  const missing = missingVoters(order);
  const voters = votersOf(order).length;
  const needed = Math.floor(voters / 2) + 1;
  return trouble(
    `No quorum: ${voters - missing.length} of ${voters} can be reached`,
    `${nameMembers(missing)} cannot be reached, and ${spoken(needed)} are needed to read or write. ` +
      'Reopen the tabs or devices that are missing: what was written is still there.',
    ['open-tab', 'copy-invite'],
  );
}

/** What is to be said beside the situation. */
export function notesOf(view: HostView): readonly Problem[] {
  return view.problems.filter(({ code }) => !FINAL_CODES.has(code));
}

/** Those who decide; while the members change, also those who did before. */
export function votersOf(order: OrderView): readonly MemberView[] {
  return order.members.filter(({ standing }) => standing === 'voter');
}

/** Voters of the order that this radiant cannot reach. */
export function missingVoters(order: OrderView): readonly MemberView[] {
  return votersOf(order).filter((member) => !member.reachable);
}

/** Ids as a sentence reads them. */
export function nameMembers(members: readonly { readonly radiant: RadiantId }[]): string {
  const names = members.map(({ radiant }) => shortId(radiant));
  if (names.length <= 1) return names[0] ?? 'Nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
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

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

function spoken(count: number): string {
  return NUMBERS[count] ?? String(count);
}

function good(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'good', headline, detail, remedies };
}

function waiting(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'waiting', headline, detail, remedies };
}

function trouble(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'trouble', headline, detail, remedies };
}
