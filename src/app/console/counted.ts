/** Formats a number with its noun, such as `1 shard` or `1,024 shards`. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
