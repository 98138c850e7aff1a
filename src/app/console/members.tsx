/** The list of all radiants, with order, role, device and distance. */
import { counted } from './counted.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import { type MemberGroup, type MemberLine, memberGroupsOf } from './member-lines.ts';
import type { ShownView } from './shown-view.ts';

interface MembersProps {
  readonly view: ShownView;
  /** Removes an unreachable radiant. Undefined: this tab cannot remove it. */
  readonly remove: ((radiant: RadiantId) => void) | undefined;
}

/** Number of orders whose members are listed. The list of orders shows all other orders. */
const GROUPS_SHOWN = 8;

export function Members({ view, remove }: MembersProps) {
  const groups = memberGroupsOf(view);
  const shown = groups.length <= GROUPS_SHOWN ? groups : mostTelling(groups).slice(0, GROUPS_SHOWN);
  return (
    <section class="card" aria-labelledby="members-title">
      <h2 id="members-title">Radiants</h2>
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
        {shown.map((group) => (
          <Group key={group.order ?? 'none'} group={group} isAlone={groups.length === 1} remove={remove} />
        ))}
      </table>
      {shown.length < groups.length && (
        <p class="hint">and those of {counted(groups.length - shown.length, 'more order')}</p>
      )}
    </section>
  );
}

/** Sorts this tab's order first, then orders with unreachable members. */
function mostTelling(groups: readonly MemberGroup[]): readonly MemberGroup[] {
  const rank = ({ lines }: MemberGroup) =>
    lines.some(({ place }) => place === 'this tab') ? 0 : lines.some(({ missing }) => missing) ? 1 : 2;
  return groups.toSorted((one, other) => rank(one) - rank(other));
}

interface GroupProps extends Pick<MembersProps, 'remove'> {
  readonly group: MemberGroup;
  /** Whether the cluster has only one order. A single order is shown without its name. */
  readonly isAlone: boolean;
}

function Group({ group, isAlone, remove }: GroupProps) {
  return (
    <tbody>
      {!isAlone && (
        <tr class={`group hue-${group.hue}`}>
          <th scope="rowgroup" colSpan={4}>
            {group.order === undefined ? (
              'In no order'
            ) : (
              <>
                <span class="swatch" aria-hidden="true" /> Order <code>{shortId(group.order)}</code>
              </>
            )}
          </th>
        </tr>
      )}
      {group.lines.map((line) => (
        <Line key={line.radiant} line={line} remove={remove} />
      ))}
    </tbody>
  );
}

function Line({ line, remove }: Pick<MembersProps, 'remove'> & { readonly line: MemberLine }) {
  return (
    <tr class={line.missing ? 'missing' : ''}>
      <th scope="row">
        <code>{shortId(line.radiant)}</code>
      </th>
      <td>
        {line.role}
        {line.isBondsmith && <span class="tag">bondsmith</span>}
      </td>
      <td>{line.place}</td>
      <td class="number">
        {line.missing && remove !== undefined ? (
          <button type="button" class="small" onClick={() => remove(line.radiant)}>
            Take out<span class="visually-hidden"> {shortId(line.radiant)}</span>
          </button>
        ) : (
          line.link
        )}
      </td>
    </tr>
  );
}
