import { expect, expectTypeOf, test } from 'vitest';
import { type AlgorithmChoice, algorithmNamed, chosenAlgorithm } from '../../src/consensus/algorithms.ts';
import { InvalidArgumentError } from '../../src/wire/errors.ts';

test('raft is chosen by its name alone', () => {
  expect(chosenAlgorithm('raft')).toBe('raft');
});

test('naive is chosen only with unsafe: true next to its name', () => {
  expect(chosenAlgorithm({ name: 'naive', unsafe: true })).toBe('naive');
  for (const choice of ['naive', { name: 'naive' }, { name: 'naive', unsafe: false }, { name: 'naive', unsafe: 1 }]) {
    expect(() => chosenAlgorithm(choice)).toThrow(InvalidArgumentError);
    expect(() => chosenAlgorithm(choice)).toThrow("Pass { name: 'naive', unsafe: true } to accept this, or 'raft'.");
  }
});

test('the types reject naive without unsafe: true', () => {
  expectTypeOf<'naive'>().not.toExtend<AlgorithmChoice>();
  expectTypeOf<{ readonly name: 'naive'; readonly unsafe: boolean }>().not.toExtend<AlgorithmChoice>();
  expectTypeOf<{ readonly name: 'naive'; readonly unsafe: true }>().toExtend<AlgorithmChoice>();
});

test('an unknown algorithm is rejected, and the error lists the known ones', () => {
  expect(() => chosenAlgorithm('paxos')).toThrow(
    'Algorithm paxos does not exist in this build. Use one of: raft, naive.',
  );
  expect(() => algorithmNamed('paxos')).toThrow(InvalidArgumentError);
  for (const choice of [5, null, {}]) expect(() => chosenAlgorithm(choice)).toThrow("Pass 'raft'.");
});
