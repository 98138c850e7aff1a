import { expect, test } from 'vitest';
import { literalPattern } from '../../scripts/literal-pattern.mjs';

test.each(["the bondsmith's tab, cut off", 'a (b) [c] {d} e* f+ g? h. ^i$ j|k \\l /m/', 'one - two: "three" & four'])(
  'the name of a scenario matches literally: %s',
  (name) => {
    expect(literalPattern(name).test(`before ${name} after`)).toBe(true);
    expect(literalPattern(name).test(name.replaceAll(/\W/gu, 'x'))).toBe(false);
  },
);
