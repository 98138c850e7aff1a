/** Prints all logs side by side, as in the Raft paper. The number in a box is the term of an entry. */
import type { RaftEntry } from '../../src/wire/raft/message.ts';
import type { InteractionNode } from '../conformance/interaction-node.ts';
import type { Stage } from '../conformance/stage.ts';

/**
 * Describes each disk in a row such as `2: Term:4 Commit:1 | 1 2 2:x`. A box is `term` or `term:payload`. `term:C` is a
 * change of the membership, and `·` is a compacted entry.
 */
export function describeLogs(stage: Stage): string {
  const rows = stage.nodes.map((node) => ({ head: headOf(node, stage), boxes: boxesOf(node) }));
  const width = Math.max(...rows.map(({ head }) => head.length));
  const columns = Math.max(...rows.map(({ boxes }) => boxes.length));
  const indexes = Array.from({ length: columns }, (_, at) => String(at + 1));
  const widths = indexes.map((index, at) =>
    Math.max(index.length, ...rows.map(({ boxes }) => (boxes[at] ?? '').length)),
  );
  const line = (head: string, boxes: readonly string[]) =>
    `${head.padEnd(width)} | ${boxes.map((box, at) => box.padEnd(widths[at] ?? 0)).join(' ')}`.trimEnd();
  return `${[line('index', indexes), ...rows.map(({ head, boxes }) => line(head, boxes))].join('\n')}\n`;
}

function headOf(node: InteractionNode, stage: Stage): string {
  const { hardState } = node.storage;
  const isDown = stage.network.isDown(node.id);
  const commit = isDown ? (hardState?.commit ?? 0) : node.replica.log.committed;
  return `${node.id}:${isDown ? ' down' : ''} Term:${hardState?.term ?? 0} Commit:${commit}`;
}

function boxesOf({ storage }: InteractionNode): readonly string[] {
  const compacted = Array.from({ length: storage.firstIndex - 1 }, () => '·');
  return [...compacted, ...storage.entries.map(boxOf)];
}

function boxOf({ term, kind, payload }: RaftEntry): string {
  if (kind === 'membership') return `${term}:C`;
  return payload.length === 0 ? String(term) : `${term}:${new TextDecoder().decode(payload)}`;
}
