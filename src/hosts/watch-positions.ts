/** The form in which applications keep the position of a watch. */
import { comparePositions } from '../store/change-window.ts';
import { assert } from '../wire/assertion.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import type { WatchedRange } from '../wire/frames/frame.ts';
import { asLogIndex, asSlot, type ClusterId, parseId, SLOT_COUNT } from '../wire/identifiers.ts';
import { described } from './arguments.ts';
import type { WatchPosition } from './key-value-contract.ts';

const RANGE = /^(\d+)-(\d+):(\d+)\.(\d+)$/u;
const FORM = /^[0-9a-f]{32} \d+-\d+:\d+\.\d+(,\d+-\d+:\d+\.\d+)*$/u;

/** Positions of one cluster. */
export interface ClusterPositions {
  readonly cluster: ClusterId;
  readonly ranges: readonly WatchedRange[];
}

export function formatPosition({ cluster, ranges }: ClusterPositions): WatchPosition {
  const joined: WatchedRange[] = [];
  for (const range of ranges) {
    const before = joined.at(-1);
    const isSame = before !== undefined && comparePositions(before.position, range.position) === 0;
    if (isSame && before.last + 1 === range.first) joined.splice(-1, 1, { ...before, last: range.last });
    else joined.push(range);
  }
  const parts = joined.map(({ first, last, position: { epoch, index } }) => `${first}-${last}:${epoch}.${index}`);
  const text = `${cluster} ${parts.join(',')}`;
  assert(isWatchPosition(text), 'a watch has slots');
  return text;
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
export function parsePosition(text: unknown): ClusterPositions {
  if (!isWatchPosition(text)) throw notPosition(text);
  const [cluster = '', parts = ''] = text.split(' ');
  let before = -1;
  const ranges = parts.split(',').map((part) => {
    const [first = 0, last = 0, epoch = 0, index = 0] = (RANGE.exec(part) ?? []).slice(1).map(Number);
    const isValid = before < first && first <= last && last < SLOT_COUNT;
    if (!isValid || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(index)) throw notPosition(text);
    before = last;
    return { first: asSlot(first), last: asSlot(last), position: { epoch, index: asLogIndex(index) } };
  });
  return { cluster: parseId<ClusterId>(cluster), ranges };
}

function isWatchPosition(text: unknown): text is WatchPosition {
  return typeof text === 'string' && FORM.test(text);
}

function notPosition(text: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`from is ${described(text)}. Pass the position of an earlier watch.`);
}
