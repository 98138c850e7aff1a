/** The radiants that this tab knows, grouped by order, with role, device and distance. Pure. */
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';
import { type OrderId, type RadiantId } from '../../wire/identifiers.ts';
import { HUES } from './cluster-map.ts';
import { isDown } from './own-order.ts';
import { formatMs } from './picture.ts';
import type { ShownView } from './shown-view.ts';

export interface MemberGroup {
  /** The order that the radiants of the group belong to. Undefined: they have no order. */
  readonly order: OrderId | undefined;
  readonly hue: number;
  readonly lines: readonly MemberLine[];
}

export interface MemberLine {
  readonly radiant: RadiantId;
  readonly role: string;
  readonly isBondsmith: boolean;
  readonly place: string;
  readonly link: string;
  readonly missing: boolean;
}

export function memberGroupsOf(view: ShownView): readonly MemberGroup[] {
  const own = view.radiants[0];
  if (own === undefined) return [];
  const line = lineMaker(view, own);
  const groups = own.orders.map((order, at) => ({
    order: order.order,
    hue: (at % HUES) + 1,
    lines: heraldFirst(order).map((member) => line(member.radiant, member, order)),
  }));
  const known = new Set(own.orders.flatMap(({ members }) => members.map(({ radiant }) => radiant)));
  const others = [...view.radiants, ...own.neighbours].map(({ radiant }) => radiant);
  const outside = [...new Set(others)].filter((radiant) => !known.has(radiant));
  if (outside.length === 0) return groups;
  return [
    ...groups,
    { order: undefined, hue: 0, lines: outside.map((radiant) => line(radiant, undefined, undefined)) },
  ];
}

function lineMaker(view: ShownView, own: RadiantView) {
  const ours = new Map(view.radiants.map((radiant) => [radiant.radiant, radiant]));
  const neighbours = new Map(own.neighbours.map((neighbour) => [neighbour.radiant, neighbour]));
  return (radiant: RadiantId, member: MemberView | undefined, order: OrderView | undefined): MemberLine => {
    const neighbour = neighbours.get(radiant);
    const device = member?.device ?? neighbour?.device ?? ours.get(radiant)?.device;
    const isPureClient = neighbour?.clientOnly === true || (radiant === own.radiant && view.role === 'client');
    return {
      radiant,
      role: roleOf(member, order?.herald, own, isPureClient, view.isLinking === true),
      isBondsmith: own.bondsmith?.herald === radiant,
      place: placeOf(radiant, own, ours.has(radiant), device, isPureClient),
      link: linkOf(radiant, own, neighbour?.roundTripMs),
      missing: member?.reachable === false && view.isLinking !== true && !isDown(own),
    };
  };
}

/** The members of an order, sorted: the herald, the voters, the learners, the joining members. */
function heraldFirst({ members, herald }: OrderView): readonly MemberView[] {
  const rank = ({ radiant, memberKind }: MemberView) =>
    radiant === herald ? 0 : { voter: 1, learner: 2, joining: 3 }[memberKind];
  return members.toSorted((one, other) => rank(one) - rank(other));
}

function roleOf(
  member: MemberView | undefined,
  herald: RadiantId | undefined,
  own: RadiantView,
  isPureClient: boolean,
  isLinking: boolean,
): string {
  if (own.formation.kind !== 'formed') return 'waiting';
  if (member === undefined) return isPureClient ? 'client' : 'joins';
  if (isDown(own)) return member.radiant === own.radiant ? 'down' : '…';
  if (!member.reachable) return isLinking ? 'connecting…' : 'out of reach';
  return member.radiant === herald ? 'herald' : (member.role ?? member.memberKind);
}

function placeOf(
  radiant: RadiantId,
  own: RadiantView,
  isOurs: boolean,
  device: string | undefined,
  isPureClient: boolean,
): string {
  if (radiant === own.radiant) return 'this tab';
  if (isOurs) return 'this tab, adopted';
  if (device === undefined) return 'somewhere';
  if (device === own.device) return 'another tab';
  // A pure client has a new device id in each tab, so its id does not identify a device.
  return isPureClient ? 'some tab' : `device ${device.slice(0, 6)}`;
}

function linkOf(radiant: RadiantId, own: RadiantView, roundTripMs: number | undefined): string {
  if (radiant === own.radiant) return '–';
  return roundTripMs === undefined ? '…' : formatMs(roundTripMs);
}
