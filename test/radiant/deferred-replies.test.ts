import { expect, test } from 'vitest';
import { DeferredReplies } from '../../src/radiant/herald/deferred-replies.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';

test('replies are sent in log order up to the acknowledged index, and the others are withdrawn', () => {
  let through = 5;
  const done: string[] = [];
  const deferredReplies = new DeferredReplies({ acknowledgeable: () => asLogIndex(through) });
  const add = (index: number, name: string) =>
    deferredReplies.add({
      index: asLogIndex(index),
      give: () => done.push(name),
      withdraw: () => done.push(`not ${name}`),
    });
  add(5, 'at once');
  add(6, 'first');
  add(6, 'second');
  add(9, 'third');
  expect(done.splice(0)).toEqual(['at once']);
  through = 8;
  // The first reply that is ready waits for the replies that were added before it.
  add(9, 'fourth');
  expect(done).toEqual([]);
  deferredReplies.release();
  expect(done.splice(0)).toEqual(['first', 'second']);
  deferredReplies.withdrawAll();
  expect(done.splice(0)).toEqual(['not third', 'not fourth']);
});
