import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../../src/sim/runs/command-line-options.ts';

test('a run of many seeds begins with the first and uses the available cores', () => {
  expect(readOptions(['--seeds', '300'], 8)).toMatchObject({ firstSeed: 1, seeds: 300, jobs: 2, trace: false });
  expect(readOptions(['--seeds', '300', '--first', '50', '--jobs', '4'], 8)).toMatchObject({ firstSeed: 50, jobs: 4 });
  expect(readOptions(['--seed', '7'], 8)).toMatchObject({ firstSeed: 7, seeds: 1, jobs: 1, trace: true });
});

test('the naive algorithm runs only with --unsafe', () => {
  const naive = ['--seed', '7', '--algorithm', 'naive'];
  expect(readOptions([...naive, '--unsafe'], 2)).toMatchObject({ algorithm: { name: 'naive', unsafe: true } });
  expect(() => readOptions(naive, 2)).toThrow('--algorithm naive --unsafe');
  expect(readOptions(['--seed', '7'], 2)).toMatchObject({ algorithm: 'raft' });
});

test('options that would run nothing and pass are rejected', () => {
  for (const words of [
    ['--seeds', '0'],
    ['--seeds', '2000', '--jobs', '0'],
    ['--seeds', 'abc'],
    ['--seeds', '-1'],
    ['--seed', '1e9'],
    ['--seed'],
    ['--sedes', '3'],
    ['--seeds', '3', '--faults', 'disk-hang'],
    ['--seeds', '3', '--algorithm', 'paxos'],
    ['--seeds', '3', '--algorithm', 'naive'],
  ]) {
    expect(() => readOptions(words, 2)).toThrow(UsageError);
  }
  expect(readOptions([], 2)).toBe('help');
});
