import { expect, test } from 'vitest';
import { Arguments, type Directive, parseDirectives } from './directives.ts';
import { Interaction } from './interaction.ts';

function only(text: string): Directive {
  const [directive] = parseDirectives(text);
  if (directive === undefined) throw new Error('no directive');
  return directive;
}

test('a directive is read with its arguments, its input and its output', () => {
  const text = '# comment\n\ncmd 1 list=(1, 2,3) key=value\ninput\n----\nfirst\nsecond\n\nnext\n----\nok\n';
  const [first, second, ...more] = parseDirectives(text);
  expect(first).toEqual({
    line: 3,
    command: 'cmd',
    arguments: [
      { key: '1', values: [] },
      { key: 'list', values: ['1', '2', '3'] },
      { key: 'key', values: ['value'] },
    ],
    input: 'input',
    expected: 'first\nsecond',
  });
  expect(second).toMatchObject({ command: 'next', expected: 'ok' });
  expect(more).toEqual([]);
});

test('an output between doubled lines may have blank ones', () => {
  expect(only('cmd\n----\n----\na\n\nb\n----\n----\n').expected).toBe('a\n\nb');
});

test('what is not understood fails, and is never passed over', () => {
  expect(() => parseDirectives('cmd without an end\n')).toThrow('without ----');
  expect(() => new Interaction().run(only('dance 1\n----\n'))).toThrow('unknown command dance');
  expect(() => new Interaction().run(only('add-nodes 1 colour=red\n----\n'))).toThrow('unknown argument colour');
  expect(() => new Interaction().run(only('add-nodes 1 prevote=maybe\n----\n'))).toThrow('prevote is true or false');
  expect(() => new Arguments(only('cmd a=(1,2)\n----\n')).number('a')).toThrow('a takes one value');
});
