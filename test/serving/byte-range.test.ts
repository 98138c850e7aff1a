import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseRange } from '../../scripts/serving/byte-range.ts';

const SIZE = 10;
const part = (first: number, last: number) => ({ kind: 'part', first, last });
const whole = { kind: 'whole' };
const unsatisfiable = { kind: 'unsatisfiable' };

test.each([
  ['bytes=0-3', part(0, 3)],
  ['bytes=9-', part(9, 9)],
  ['bytes=0-18446744073709551615', part(0, 9)],
  ['BYTES=0-3', part(0, 3)],
  ['bytes=-3', part(7, 9)],
  ['bytes=-100', part(0, 9)],
  ['bytes=, 0-3 ,', part(0, 3)],
  ['bytes=0-3,100-200', part(0, 3)],
])('a satisfiable range selects its part: %s', (field, choice) => {
  expect(chooseRange(field, SIZE)).toEqual(choice);
});

test.each(['bytes=10-', 'bytes=100-200', 'bytes=-0', 'bytes=99999999999999999999-', 'bytes=10-,-0'])(
  'a range that starts after the end is unsatisfiable: %s',
  (field) => {
    expect(chooseRange(field, SIZE)).toEqual(unsatisfiable);
  },
);

test.each([
  undefined,
  '',
  'bytes=5-2',
  'bytes=18446744073709551615-18446744073709551614',
  'bytes=a-b',
  'bytes=',
  'bytes=,',
  'bytes=1',
  'bytes=-',
  'bytes=--3',
  'bytes=+1-3',
  'bytes=0x1-3',
  'bytes=1.5-3',
  'bytes=1-3x',
  'bytes=0-3,x',
  'bytes = 0-3',
  'items=0-3',
  'bytes=0-1,4-5',
])('an invalid field, and one that asks for several parts, selects the whole: %s', (field) => {
  expect(chooseRange(field, SIZE)).toEqual(whole);
});

test('an empty representation satisfies no range', () => {
  expect(chooseRange('bytes=0-', 0)).toEqual(unsatisfiable);
  expect(chooseRange('bytes=-5', 0)).toEqual(unsatisfiable);
});

test('the selected part of any field lies within the representation', () => {
  const digits = fc.oneof(fc.nat({ max: 12 }).map(String), fc.bigInt({ min: 0n }).map(String), fc.constant(''));
  const element = fc.oneof(
    fc.tuple(digits, digits).map(([first, last]) => `${first}-${last}`),
    fc.string(),
  );
  const field = fc.array(element, { maxLength: 4 }).map((elements) => `bytes=${elements.join(',')}`);
  fc.assert(
    fc.property(field, fc.nat({ max: 12 }), (text, size) => {
      const choice = chooseRange(text, size);
      if (choice.kind !== 'part') return;
      expect(choice.first).toBeGreaterThanOrEqual(0);
      expect(choice.last).toBeGreaterThanOrEqual(choice.first);
      expect(choice.last).toBeLessThan(size);
    }),
  );
});
