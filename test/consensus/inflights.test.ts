import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Inflights } from '../../src/consensus/raft/tracker.ts';

test('the window counts like a plain list, in messages and in bytes', () => {
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      step: fc.integer({ min: 1, max: 5 }),
      bytes: fc.integer({ min: 0, max: 9 }),
    }),
    fc.record({ kind: fc.constant('free' as const), back: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ kind: fc.constant('clear' as const) }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(action),
      (messages, bytes, actions) => {
        const inflights = new Inflights({ messages, bytes });
        let model: { last: number; bytes: number }[] = [];
        let last = 0;
        const modelBytes = () => model.reduce((sum, item) => sum + item.bytes, 0);
        for (const step of actions) {
          if (step.kind === 'clear') {
            inflights.clear();
            model = [];
          } else if (step.kind === 'free') {
            inflights.freeThrough(last - step.back);
            model = model.filter((item) => item.last > last - step.back);
          } else if (!inflights.full) {
            last += step.step;
            inflights.add(last, step.bytes);
            model.push({ last, bytes: step.bytes });
          }
          expect(inflights.count).toBe(model.length);
          expect(inflights.bytes).toBe(modelBytes());
          expect(inflights.full).toBe(model.length >= messages || modelBytes() >= bytes);
        }
      },
    ),
  );
});

test('nothing is added to a full window', () => {
  const inflights = new Inflights({ messages: 1, bytes: 100 });
  inflights.add(1, 10);
  expect(() => inflights.add(2, 10)).toThrow('window is full');
});
