/** The state of a cluster that is formed, in words: what is wrong comes first, then what this tab is in it. */
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';
import { shortId } from '../../wire/identifiers.ts';
import { belongs, ownOrder, votersOf } from './own-order.ts';
import {
  capitalized,
  caution,
  good,
  nameMembers,
  type Situation,
  spoken,
  trouble,
  waiting,
} from './situation-words.ts';
import type { ShownView } from './shown-view.ts';

export function formed(view: ShownView, radiant: RadiantView): Situation {
  const order = ownOrder(radiant);
  if (order === undefined) return waiting('Joining', 'The cluster is formed; this tab learns who leads it.');
  if (radiant.leaving !== undefined) return leaving(radiant);
  const silent = radiant.orders.find(({ quorumReachable }) => !quorumReachable);
  if (silent !== undefined) {
    if (view.isLinking === true) return linking();
    return withoutQuorum(order.quorumReachable ? silent : order, radiant);
  }
  if (order.herald === undefined) {
    return waiting('Electing a herald', 'The order chooses who leads it. This takes about a second.');
  }
  if (order.replica === undefined) return outside(view, radiant, order);
  return inside(view, radiant, order);
}

function linking(): Situation {
  return waiting('Connecting…', 'This tab opens its links to the other radiants. That takes a moment after a start.');
}

function leaving({ leaving: state }: RadiantView): Situation {
  if (state?.kind === 'left') return waiting('This tab has left', 'Nobody counts on it any more.');
  const why = state?.refusal === undefined ? '' : ' It was not let go yet, and asks again.';
  return waiting(
    'Leaving',
    `Others take over what this tab holds. Keep it open until then: closed before, it is missed for a while.${why}`,
  );
}

function withoutQuorum(order: OrderView, { orders, neighbours }: RadiantView): Situation {
  const missing = missingVoters(order);
  const voters = votersOf(order).length;
  const needed = Math.floor(voters / 2) + 1;
  const are = needed === 1 ? 'is' : 'are';
  const present = `${voters - missing.length} of ${voters}`;
  const [headline, what] =
    orders.length === 1
      ? [`No quorum: ${present} can be reached`, 'needed to read or write']
      : [
          `No quorum in order ${shortId(order.order)}: ${present} can be reached`,
          'needed to read or write what it serves',
        ];
  const lost = missing.filter(({ isDataLost }) => isDataLost);
  const gone = lost.length === 0 ? '' : ` The data of ${nameMembers(lost)} is lost, so no tab brings it back.`;
  // Others may have decided since: without this tab, if it left.
  const hearsay =
    neighbours.length > 0
      ? ''
      : ' This tab is linked to nobody now, so it goes by what it knew last. Check the network of this device, too.';
  return trouble(
    headline,
    `${nameMembers(missing)} cannot be reached, and ${spoken(needed)} ${are} ${what}. ` +
      `Reopen the tabs or devices that are missing: what was written is still there.${gone}${hearsay}`,
    ['open-tab', 'copy-invite'],
  );
}

/** This tab holds no copy: it asks for a place, or wants none. */
function outside(view: ShownView, radiant: RadiantView, order: OrderView): Situation {
  const isGoverned = radiant.formation.kind === 'formed' && radiant.formation.configuration.bondsmith !== undefined;
  if (isGoverned && view.role === 'radiant' && view.storage === 'durable') {
    return belongs(radiant)
      ? good(
          'In order, catching up',
          'This tab has a place, and is being sent a copy. It reads and writes through others meanwhile.',
        )
      : good(
          'In order, joining',
          'The bondsmith looks for a place for this tab. It reads and writes through others meanwhile.',
        );
  }
  if (radiant.orders.length > 1) {
    const all = `All ${spoken(radiant.orders.length)} orders have a herald.`;
    return good('In order, as a client', `${all} This tab holds no copy; it reads and writes through them.`);
  }
  const voters = votersOf(order).length;
  const missing = missingVoters(order);
  const [there, through] =
    missing.length === 0
      ? [`The order has its ${counted(voters, 'voter')}.`, 'them']
      : [`Of the order’s ${counted(voters, 'voter')}, ${nameMembers(missing)} cannot be reached.`, 'the others'];
  return good('In order, as a client', `${there} This tab holds no copy; it reads and writes through ${through}.`);
}

function inside(view: ShownView, radiant: RadiantView, order: OrderView): Situation {
  const missing = view.isLinking === true ? [] : missingVoters(order);
  if (missing.length > 0) {
    return good(
      'In order, with less to spare',
      `${nameMembers(missing)} cannot be reached. Nothing is lost and writes go on, but not if another one goes.`,
      ['open-tab'],
    );
  }
  const voters = votersOf(order).length;
  const others =
    radiant.orders.length === 1 ? '' : ` ${capitalized(spoken(radiant.orders.length))} orders share the keys.`;
  if (voters === 1) return soleVoter(radiant, order, others);
  if (order.replica?.role === 'learner') {
    return good(
      'In order, as a learner',
      `The order has its ${spoken(voters)} voters. This tab keeps a copy of everything that it serves, and does not vote.${others}`,
    );
  }
  const here = votersHere(view, order);
  if (2 * here > voters) return inOneTab(here, voters, others);
  const leader = order.herald === radiant.radiant ? 'This tab' : shortId(order.herald ?? radiant.radiant);
  const change = order.replica?.target.isReached === false ? ' Its members are changing.' : '';
  return good(
    'In order',
    `${voters === 2 ? 'Both' : `All ${spoken(voters)}`} voters of the order can be reached. ${leader} is its herald.${change}${onOneDevice(order)}${others}`,
  );
}

/** Voters of the order that run in this tab: its own radiant and those that it adopted. */
function votersHere({ radiants }: ShownView, order: OrderView): number {
  const here = new Set(radiants.map(({ radiant }) => radiant));
  return votersOf(order).filter(({ radiant }) => here.has(radiant)).length;
}

/** A tab runs the voters of its device's closed tabs. They count as voters, but share one disk and one tab. */
function inOneTab(here: number, voters: number, others: string): Situation {
  const all = here === voters;
  return caution(
    all ? 'In order, but all in this tab' : 'In order, but mostly in this tab',
    `${all ? (voters === 2 ? 'Both' : `All ${spoken(voters)}`) : `${capitalized(spoken(here))} of ${spoken(voters)}`} voters of the order run in this tab, on the disk of ` +
      'this device. If the device loses its data, ' +
      `${all ? 'everything that the order holds is lost' : 'what was written last can be lost'}; if the tab closes, the order stops until ` +
      `another tab of the device opens. Open the invite link on other devices.${others}`,
    ['copy-invite', 'open-tab'],
  );
}

/** Several tabs of one device are several voters, and one disk. */
function onOneDevice(order: OrderView): string {
  const holders = order.members.filter(({ memberKind }) => memberKind !== 'joining');
  return new Set(holders.map(({ device }) => device)).size === 1
    ? ' All copies are on this device: open the invite link on another one.'
    : '';
}

/** One decides alone, because there are too few for three: two copies at most. */
function soleVoter({ radiant }: RadiantView, { replica, members, herald }: OrderView, others: string): Situation {
  const second = members.find((member) => member.replica === replica?.companion);
  const whose = herald === radiant ? 'this tab' : shortId(herald ?? radiant);
  if (second === undefined) {
    return good(
      'In order, with one copy only',
      `What the order serves is kept by ${whose} alone. Open the invite link in more tabs, best on other devices: with three to an order, any one can be lost.${others}`,
      ['open-tab', 'copy-invite'],
    );
  }
  const where = second.radiant === radiant ? 'this tab' : shortId(second.radiant);
  return good(
    'In order, with two copies',
    `${capitalized(whose)} decides; every write is on the disk of ${where}, too, before it is acknowledged. With a third tab the order can lose any one and go on.${others}`,
    ['open-tab', 'copy-invite'],
  );
}

/** Voters of the order that this radiant cannot reach. */
function missingVoters(order: OrderView): readonly MemberView[] {
  return votersOf(order).filter((member) => !member.reachable);
}

function counted(count: number, what: string): string {
  return `${spoken(count)} ${what}${count === 1 ? '' : 's'}`;
}
