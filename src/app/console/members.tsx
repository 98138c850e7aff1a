/** Who is where: each radiant with its order, its role, its device and how far away it is. */
import { counted } from './counted.ts';
import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import { type MemberGroup, type MemberLine, memberGroupsOf } from './member-lines.ts';
import type { ShownView } from './shown-view.ts';

export interface MembersProps {
  readonly view: ShownView;
  /** Takes a radiant out that cannot be reached; undefined: nobody here can. */
  readonly remove: ((radiant: RadiantId) => void) | undefined;
}

/** More orders than these are a long page: of all others the list of orders tells. */
const GROUPS_SHOWN = 8;

export function Members({ view, remove }: MembersProps) {
  const groups = memberGroupsOf(view);
  const shown = groups.length <= GROUPS_SHOWN ? groups : mostTelling(groups).slice(0, GROUPS_SHOWN);
  return (
    <section class="card" aria-labelledby="members-title">
      <h2 id="members-title">Who is where</h2>
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

/** This tab's own order first, then those that miss someone. */
function mostTelling(groups: readonly MemberGroup[]): readonly MemberGroup[] {
  const rank = ({ lines }: MemberGroup) =>
    lines.some(({ place }) => place === 'this tab') ? 0 : lines.some(({ missing }) => missing) ? 1 : 2;
  return groups.toSorted((one, other) => rank(one) - rank(other));
}

interface GroupProps extends Pick<MembersProps, 'remove'> {
  readonly group: MemberGroup;
  /** There is nothing to tell it apart from. */
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
