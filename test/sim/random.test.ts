import { expect, test } from 'vitest';
import { Random } from '../../src/sim/random.ts';

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

test('the same seed gives the same numbers, another seed others', () => {
  expect(draw(new Random(7), 100)).toEqual(draw(new Random(7), 100));
  expect(draw(new Random(7), 100)).not.toEqual(draw(new Random(8), 100));
});

test('a fork depends on seed and label alone, not on what was drawn before', () => {
  const fresh = new Random(7);
  const used = new Random(7);
  draw(used, 50);
  expect(draw(used.fork('disk'), 10)).toEqual(draw(fresh.fork('disk'), 10));
  expect(draw(fresh.fork('disk'), 10)).not.toEqual(draw(fresh.fork('network'), 10));
});

test('numbers spread evenly, bit by bit and over the unit interval', () => {
  const random = new Random(1);
  const draws = 20_000;
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const number of draw(random, draws)) {
    const tenth = Math.floor(number * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - draws / 10)).toBeLessThan(200);
  const bytes = random.bytes(draws);
  for (let bit = 0; bit < 8; bit++) {
    const ones = bytes.reduce((sum, byte) => sum + ((byte >> bit) & 1), 0);
    expect(Math.abs(ones - draws / 2)).toBeLessThan(400);
  }
});
