/** Formats rows for a terminal or for the README. The first row is the header. */
export type TableFormat = 'text' | 'markdown';

/** Aligns all columns but the first to the right. */
export function table(rows: readonly (readonly string[])[], format: TableFormat): readonly string[] {
  const [head = [], ...others] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  const line =
    format === 'markdown'
      ? (cells: readonly string[]) => `| ${cells.join(' | ')} |`
      : (cells: readonly string[]) => cells.map((cell, column) => aligned(cell, column, widths)).join('  ');
  const rule =
    format === 'markdown'
      ? `| ${widths.map((_, column) => (column === 0 ? '---' : '---:')).join(' | ')} |`
      : widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(head), rule, ...others.map(line)];
}

function aligned(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
