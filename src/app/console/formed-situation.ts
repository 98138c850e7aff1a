/** Texts for the state of a formed cluster. A fault has precedence over the role of this tab. */
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
  if (order === undefined) return waiting('Joining', 'The cluster is formed. This tab looks for its herald.');
  if (radiant.leaving !== undefined) return leaving(radiant);
  const silent = radiant.orders.find(({ quorumReachable }) => !quorumReachable);
  if (silent !== undefined) {
    if (view.isLinking === true) return linking();
    return withoutQuorum(order.quorumReachable ? silent : order, radiant);
  }
  if (order.herald === undefined) {
    return waiting('Electing a herald', 'The order elects its herald. This takes about a second.');
  }
  if (order.replica === undefined) return outside(view, radiant, order);
  return inside(view, radiant, order);
}

function linking(): Situation {
  return waiting('Connecting…', 'This tab opens its links to the other radiants. This takes a moment after a start.');
}

function leaving({ leaving: state }: RadiantView): Situation {
  if (state?.kind === 'left') return waiting('This tab has left', 'The cluster no longer counts this tab.');
  const why = state?.refusal === undefined ? '' : ' The request was refused, and the tab asks again.';
  return waiting('Leaving', `Other tabs take over the data of this tab. Keep this tab open until then.${why}`);
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
      : [`No quorum in order ${shortId(order.order)}: ${present} can be reached`, 'needed to read or write its keys'];
  const lost = missing.filter(({ isDataLost }) => isDataLost);
  const gone = lost.length === 0 ? '' : ` The data of ${nameMembers(lost)} is lost, so no tab brings it back.`;
  // A tab without links does not know whether the other members have removed it since.
  const hearsay =
    neighbours.length > 0
      ? ''
      : ' This tab has no links, so this is the last state that it knew. Also check the network of this device.';
  return trouble(
    headline,
    `${nameMembers(missing)} cannot be reached, and ${spoken(needed)} ${are} ${what}. ` +
      `Reopen the missing tabs or devices. All acknowledged writes are still there.${gone}${hearsay}`,
    ['open-tab', 'copy-invite'],
  );
}

/** The situation of a tab that holds no copy, because it waits for a place or is a client. */
function outside(view: ShownView, radiant: RadiantView, order: OrderView): Situation {
  if (view.role === 'radiant' && view.storage === 'durable') {
    return belongs(radiant)
      ? good(
          'In order, catching up',
          'This tab has a place and receives a copy. Meanwhile it reads and writes through other tabs.',
        )
      : good(
          'In order, joining',
          'The bondsmith looks for a place for this tab. Meanwhile the tab reads and writes through other tabs.',
        );
  }
  if (radiant.orders.length > 1) {
    const all = `All ${spoken(radiant.orders.length)} orders have a herald.`;
    return good('In order, as a client', `${all} This tab holds no copy, and reads and writes through them.`);
  }
  const voters = votersOf(order).length;
  const missing = missingVoters(order);
  const [there, through] =
    missing.length === 0
      ? [`The order has its ${counted(voters, 'voter')}.`, 'them']
      : [`The order has ${counted(voters, 'voter')}. ${nameMembers(missing)} cannot be reached.`, 'the others'];
  return good('In order, as a client', `${there} This tab holds no copy, and reads and writes through ${through}.`);
}

function inside(view: ShownView, radiant: RadiantView, order: OrderView): Situation {
  const missing = view.isLinking === true ? [] : missingVoters(order);
  if (missing.length > 0) {
    return good(
      'In order, with less to spare',
      `${nameMembers(missing)} cannot be reached. Nothing is lost, and writes continue while a majority of the voters can be reached.`,
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
      `The order has its ${spoken(voters)} voters. This tab keeps a copy of its data and does not vote.${others}`,
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

/** Number of the order's voters that run in this tab. They are its own radiant and adopted ones. */
function votersHere({ radiants }: ShownView, order: OrderView): number {
  const here = new Set(radiants.map(({ radiant }) => radiant));
  return votersOf(order).filter(({ radiant }) => here.has(radiant)).length;
}

/**
 * The situation of a tab that runs several voters, because it adopted those of closed tabs. They share one disk and one
 * tab.
 */
function inOneTab(here: number, voters: number, others: string): Situation {
  const all = here === voters;
  return caution(
    all ? 'In order, but all in this tab' : 'In order, but mostly in this tab',
    `${all ? (voters === 2 ? 'Both' : `All ${spoken(voters)}`) : `${capitalized(spoken(here))} of ${spoken(voters)}`} voters of the order run in this tab, on the disk of ` +
      'this device. If the device loses its data, ' +
      `${all ? 'all data of the order is lost' : 'the last writes can be lost'}. If the tab closes, the order stops until ` +
      `another tab of the device opens. Open the invite link on other devices.${others}`,
    ['copy-invite', 'open-tab'],
  );
}

/** A warning if all copies of the order are on this device. The tabs of a device share one disk. */
function onOneDevice(order: OrderView): string {
  const holders = order.members.filter(({ memberKind }) => memberKind !== 'joining');
  return new Set(holders.map(({ device }) => device)).size === 1
    ? ' All copies are on this device. Open the invite link on another one.'
    : '';
}

/**
 * The situation of an order with one voter, which decides alone because there are fewer than three radiants. The order
 * has at most two copies.
 */
function soleVoter({ radiant }: RadiantView, { replica, members, herald }: OrderView, others: string): Situation {
  const second = members.find((member) => member.replica === replica?.companion);
  const whose = herald === radiant ? 'this tab' : shortId(herald ?? radiant);
  if (second === undefined) {
    return good(
      'In order, with one copy only',
      `Only ${whose} keeps the data of the order. Open the invite link in more tabs, best on other devices. An order of three survives the loss of one.${others}`,
      ['open-tab', 'copy-invite'],
    );
  }
  const where = second.radiant === radiant ? 'this tab' : shortId(second.radiant);
  return good(
    'In order, with two copies',
    `${capitalized(whose)} decides. Every write is also on the disk of ${where} before it is acknowledged. With a third tab the order survives the loss of one.${others}`,
    ['open-tab', 'copy-invite'],
  );
}

function missingVoters(order: OrderView): readonly MemberView[] {
  return votersOf(order).filter((member) => !member.reachable);
}

function counted(count: number, what: string): string {
  return `${spoken(count)} ${what}${count === 1 ? '' : 's'}`;
}
