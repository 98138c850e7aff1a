import { expect, test } from 'vitest';
import { acceptedCodings } from '../../scripts/serving/accept-encoding.ts';

test.each([
  ['gzip, deflate, br, zstd', ['br', 'gzip', 'identity']],
  ['gzip', ['gzip', 'identity']],
  ['GZIP', ['gzip', 'identity']],
  ['x-gzip', ['gzip', 'identity']],
  ['br;q=0.5, gzip', ['gzip', 'br', 'identity']],
  ['br; q=0.5 ,gzip ; q=0.4', ['br', 'gzip', 'identity']],
  ['identity, br;q=0.5', ['identity', 'br']],
  ['br;q=0, gzip;q=0', ['identity']],
  ['*', ['br', 'gzip', 'identity']],
  ['*;q=0.1, br', ['br', 'gzip', 'identity']],
  ['', ['identity']],
  [undefined, ['identity']],
  ['gzip, identity;q=0', ['gzip']],
  ['gzip, *;q=0', ['gzip']],
  ['identity;q=0', []],
  ['*;q=0', []],
  ['deflate', ['identity']],
  ['br;q=2, gzip;q=', ['identity']],
  [';;,,q=1', ['identity']],
])('codings are tried in the order that the client prefers: %s', (field, codings) => {
  expect(acceptedCodings(field)).toEqual(codings);
});
