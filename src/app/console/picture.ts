/** The layout of the picture of an order, with nodes, links and empty places. */
import type { MemberView, OrderView, RadiantView } from '../../radiant/contract.ts';
import { isDown, ownOrder } from './own-order.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import type { ShownView } from './shown-view.ts';

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PictureNode[];
  readonly links: readonly PictureLink[];
  /** Number of clients that do not fit into the picture. */
  readonly clientsLeftOut: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

export interface PictureNode extends Place {
  /** The radiant at this place. Undefined: the place is empty, because a radiant is missing. */
  readonly radiant: RadiantId | undefined;
  readonly name: string;
  readonly caption: string;
  /** Whether the caption is above the node. Captions are on the outside of the picture, where they touch no links. */
  readonly captionAbove: boolean;
  readonly kind: 'voter' | 'client' | 'empty';
  readonly herald: boolean;
  /** Whether the radiant runs in this tab. */
  readonly ours: boolean;
  readonly reachable: boolean;
}

export interface PictureLink {
  readonly from: Place;
  readonly to: Place;
  /** Position of the text with the round-trip time. */
  readonly label: Place;
  readonly roundTripMs: number | undefined;
}

const WIDTH = 440;
const CENTRE: Place = { x: 220, y: 164 };
const RADIUS: Place = { x: 158, y: 96 };
const CLIENT_ROW_Y = 330;
const HEIGHT = 288;
const HEIGHT_WITH_CLIENTS = 380;
const CLIENTS_SHOWN = 5;
/** Number of clients that fit into the picture. More would overlap. */
const PLACES_SHOWN = 9;
/** Distance between the center of a client and the center of the text on its link. */
const LABEL_CLEARANCE = 60;

/** Lays out the cluster as this tab knows it. */
export function pictureOf(view: ShownView): Picture {
  const voters = votersOf(view);
  const clients = clientsOf(view, new Set(voters.map(({ radiant }) => radiant)));
  const shown = ownInTheMiddle(clients.slice(0, CLIENTS_SHOWN));
  const nodes: PictureNode[] = [
    ...voters.map((voter, at) => {
      const place = onEllipse(at, voters.length);
      return { ...voter, ...place, captionAbove: place.y < CENTRE.y };
    }),
    ...shown.map((client, at) => {
      const x = (WIDTH * (at + 1)) / (shown.length + 1);
      return { ...client, x, y: CLIENT_ROW_Y, captionAbove: false };
    }),
  ];
  return {
    width: WIDTH,
    height: shown.length > 0 ? HEIGHT_WITH_CLIENTS : HEIGHT,
    nodes,
    links: linksOf(view, nodes),
    clientsLeftOut: clients.length - shown.length,
  };
}

/** Puts this tab's radiant into the middle of the clients, so that its links do not cross other nodes. */
function ownInTheMiddle(clients: readonly Unplaced[]): readonly Unplaced[] {
  const [own, ...others] = clients;
  if (own?.ours !== true) return clients;
  return others.toSpliced(Math.floor(others.length / 2), 0, own);
}

/** Formats a time. Times below 10 ms have one decimal. */
export function formatMs(milliseconds: number): string {
  return `${milliseconds < 9.95 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

type Unplaced = Omit<PictureNode, 'x' | 'y' | 'captionAbove'>;

function votersOf(view: ShownView): readonly Unplaced[] {
  const own = view.radiants[0];
  if (own === undefined) return [];
  const ours = new Set(view.radiants.map(({ radiant }) => radiant));
  if (own.formation.kind === 'formed') {
    const order = ownOrder(own);
    if (order === undefined) return [];
    const voters = order.members.filter(({ memberKind }) => memberKind === 'voter');
    return voters.map((member) => voterNode(member, order, view, own));
  }
  const wanted = own.formation.kind === 'collecting' ? own.formation.needed : 3;
  const present = own.formation.kind === 'collecting' ? own.formation.present : [own.radiant];
  // A founding with no fixed number of radiants has no empty places.
  const needed = Math.min(Math.max(wanted, present.length), PLACES_SHOWN);
  const here = present.slice(0, needed).map((radiant) => ({
    ...plainNode(radiant, own.radiant, ours),
    kind: 'voter' as const,
    caption: radiant === own.radiant ? 'this tab' : 'here',
  }));
  const empty = Array.from({ length: Math.max(needed - here.length, 0) }, () => EMPTY);
  return [...here, ...empty];
}

function voterNode(member: MemberView, order: OrderView, view: ShownView, own: RadiantView): Unplaced {
  const ours = new Set(view.radiants.map(({ radiant }) => radiant));
  const isConnecting = !member.reachable && view.isLinking === true;
  const herald = order.herald === member.radiant && !isDown(own);
  const where = member.radiant === own.radiant ? 'this tab' : ours.has(member.radiant) ? 'adopted' : undefined;
  return {
    ...plainNode(member.radiant, own.radiant, ours),
    kind: 'voter',
    herald,
    reachable: member.reachable || isConnecting,
    caption: [voterState(member, herald, own, isConnecting), where].filter((part) => part !== undefined).join(', '),
  };
}

function voterState(member: MemberView, herald: boolean, own: RadiantView, isConnecting: boolean): string {
  if (isDown(own)) return member.radiant === own.radiant ? 'down' : '…';
  if (isConnecting) return 'connecting…';
  if (!member.reachable) return 'out of reach';
  return herald ? 'herald' : (member.role ?? 'here');
}

function clientsOf(view: ShownView, voters: ReadonlySet<RadiantId | undefined>): readonly Unplaced[] {
  const own = view.radiants[0];
  if (own === undefined || own.formation.kind !== 'formed') return [];
  const ours = new Set(view.radiants.map(({ radiant }) => radiant));
  const shown = ownOrder(own);
  const memberKinds = new Map((shown?.members ?? []).map(({ radiant, memberKind }) => [radiant, memberKind]));
  const elsewhere = own.orders.filter((order) => order !== shown).flatMap(({ members }) => members);
  const known = new Set([own.radiant, ...memberKinds.keys(), ...own.neighbours.map(({ radiant }) => radiant)]);
  for (const { radiant } of elsewhere) if (!memberKinds.has(radiant)) known.delete(radiant);
  const others = [...known].filter((radiant) => !voters.has(radiant));
  return others.map((radiant) => ({
    ...plainNode(radiant, own.radiant, ours),
    kind: 'client' as const,
    caption: captionOf(memberKinds.get(radiant) ?? 'client', radiant === own.radiant, others.length),
  }));
}

/** The caption of a node. In a row of many nodes the caption is short, so that captions do not overlap. */
function captionOf(memberKind: string, isOwn: boolean, inRow: number): string {
  if (!isOwn) return memberKind;
  return memberKind === 'client' || inRow > 3 ? 'this tab' : `${memberKind}, this tab`;
}

const EMPTY: Unplaced = {
  radiant: undefined,
  name: '?',
  caption: 'missing',
  kind: 'empty',
  herald: false,
  ours: false,
  reachable: false,
};

function plainNode(
  radiant: RadiantId,
  own: RadiantId,
  ours: ReadonlySet<RadiantId>,
): Omit<Unplaced, 'kind' | 'caption'> {
  return {
    radiant,
    name: shortId(radiant),
    herald: false,
    ours: radiant === own || ours.has(radiant),
    reachable: true,
  };
}

/** Position number `at` of `count` on the ellipse. The first position is on top, and the others follow clockwise. */
function onEllipse(at: number, count: number): Place {
  const angle = (2 * Math.PI * at) / count - Math.PI / 2;
  // A lone node is in the center.
  if (count === 1) return CENTRE;
  return { x: CENTRE.x + RADIUS.x * Math.cos(angle), y: CENTRE.y + RADIUS.y * Math.sin(angle) };
}

/** The links of the radiants in this tab. The tab does not know other links. */
function linksOf(view: ShownView, nodes: readonly PictureNode[]): readonly PictureLink[] {
  const placeOf = new Map(nodes.map((node) => [node.radiant, node]));
  const drawn = new Set<string>();
  const links: PictureLink[] = [];
  for (const radiant of view.radiants) {
    for (const neighbour of radiant.neighbours) {
      const from = placeOf.get(radiant.radiant);
      const to = placeOf.get(neighbour.radiant);
      const pair = [radiant.radiant, neighbour.radiant].sort().join(' ');
      if (from === undefined || to === undefined || drawn.has(pair)) continue;
      // A link between two clients is left out, because links within one row overlap.
      if (from.kind === 'client' && to.kind === 'client') continue;
      drawn.add(pair);
      links.push({ from, to, label: labelPlace(from, to), roundTripMs: neighbour.roundTripMs });
    }
  }
  return links;
}

/**
 * Position of the text on a link: the center of the link. On the link of a client, the text is nearer to the client,
 * where links do not overlap.
 */
function labelPlace(from: PictureNode, to: PictureNode): Place {
  const clear = LABEL_CLEARANCE / Math.hypot(to.x - from.x, to.y - from.y);
  const share = to.kind === 'client' ? 1 - Math.max(0.2, clear) : from.kind === 'client' ? Math.max(0.3, clear) : 0.5;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
