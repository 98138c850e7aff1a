/** Who is here, as a table: each radiant with its role, where it lives and how far it has come. */
import type { HostView } from '../../hosts/contract.ts';
import type { MemberView, RadiantView } from '../../radiant/contract.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import { formatMs } from './order-picture.tsx';

interface Line {
  readonly radiant: RadiantId;
  readonly role: string;
  readonly place: string;
  readonly link: string;
  readonly missing: boolean;
}

export function Members({ view }: { readonly view: HostView }) {
  const lines = linesOf(view);
  return (
    <section class="card" aria-labelledby="members-title">
      <h2 id="members-title">Who is here</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Radiant</th>
            <th scope="col">Role</th>
            <th scope="col">Lives in</th>
            <th scope="col" class="number">
              Link
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.radiant} class={line.missing ? 'missing' : ''}>
              <th scope="row">
                <code>{shortId(line.radiant)}</code>
              </th>
              <td>{line.role}</td>
              <td>{line.place}</td>
              <td class="number">{line.link}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function linesOf(view: HostView): readonly Line[] {
  const own = view.radiants[0];
  if (own === undefined) return [];
  const ours = new Map(view.radiants.map((radiant) => [radiant.radiant, radiant]));
  const order = own.orders[0];
  const members = new Map((order?.members ?? []).map((member) => [member.radiant, member]));
  const neighbours = new Map(own.neighbours.map((neighbour) => [neighbour.radiant, neighbour]));
  const everyone = new Set<RadiantId>([...ours.keys(), ...members.keys(), ...neighbours.keys()]);
  return [...everyone].map((radiant) => {
    const member = members.get(radiant);
    const neighbour = neighbours.get(radiant);
    const device = member?.device ?? neighbour?.device ?? ours.get(radiant)?.device;
    return {
      radiant,
      role: roleOf(member, order?.herald, own),
      place: placeOf(radiant, own, ours, device),
      link: linkOf(radiant, own, neighbour?.roundTripMs),
      missing: member !== undefined && !member.reachable,
    };
  });
}

function roleOf(member: MemberView | undefined, herald: RadiantId | undefined, own: RadiantView): string {
  if (own.formation.kind !== 'formed') return 'waiting';
  if (member === undefined) return 'client';
  if (!member.reachable) return 'out of reach';
  return member.radiant === herald ? 'herald' : (member.role ?? member.standing);
}

function placeOf(
  radiant: RadiantId,
  own: RadiantView,
  ours: ReadonlyMap<RadiantId, RadiantView>,
  device: string | undefined,
): string {
  if (radiant === own.radiant) return 'this tab';
  if (ours.has(radiant)) return 'this tab, adopted';
  if (device === undefined) return 'somewhere';
  return device === own.device ? 'another tab' : 'another device';
}

function linkOf(radiant: RadiantId, own: RadiantView, roundTripMs: number | undefined): string {
  if (radiant === own.radiant) return '–';
  return roundTripMs === undefined ? '…' : formatMs(roundTripMs);
}
