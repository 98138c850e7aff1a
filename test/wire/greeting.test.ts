import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerGreeting } from '../../src/wire/links/greeting.ts';
import * as arbitrary from './arbitraries.ts';

test('two ends reach the same answer, with a version that both support or with none', () => {
  fc.assert(
    fc.property(arbitrary.greeting, arbitrary.greeting, (own, other) => {
      const answer = answerGreeting(own, other);
      expect(answerGreeting(other, own)).toEqual(answer);
      const version = answer.kind === 'accepted' ? answer.version : undefined;
      for (const { versionMinimum, versionMaximum } of version === undefined ? [] : [own, other]) {
        expect(version).toBeGreaterThanOrEqual(versionMinimum);
        expect(version).toBeLessThanOrEqual(versionMaximum);
      }
    }),
  );
});

const greeting = fc.sample(arbitrary.greeting, { numRuns: 1, seed: 1 });

test.each(greeting)('two ends use the newest shared version, and part without a shared one', (base) => {
  const cluster = undefined;
  const speaks = (versionMinimum: number, versionMaximum: number) => ({
    ...base,
    cluster,
    versionMinimum,
    versionMaximum,
  });
  expect(answerGreeting(speaks(1, 3), speaks(2, 5))).toEqual({ kind: 'accepted', version: 3 });
  expect(answerGreeting(speaks(2, 2), speaks(2, 2))).toEqual({ kind: 'accepted', version: 2 });
  expect(answerGreeting(speaks(1, 1), speaks(2, 5))).toEqual({ kind: 'refused', code: 'VERSION_UNSUPPORTED' });
});

test('radiants of two clusters part, and a radiant without a cluster is accepted', () => {
  fc.assert(
    fc.property(arbitrary.greeting, arbitrary.id, arbitrary.id, (base, cluster, other) => {
      fc.pre(cluster !== other);
      const own = { ...base, cluster };
      expect(answerGreeting(own, { ...base, cluster: other })).toMatchObject({ code: 'FRAME_OF_OTHER_CLUSTER' });
      expect(answerGreeting(own, { ...base, cluster: undefined })).toMatchObject({ kind: 'accepted' });
      expect(answerGreeting(own, own)).toMatchObject({ kind: 'accepted' });
    }),
  );
});
