import { expect, test } from 'vitest';
import { type Directive, parseDirectives } from './directives.ts';
import { etcdCommands } from './etcd-commands.ts';
import { Interaction } from './interaction.ts';
import { Stage } from './stage.ts';

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
    output: { from: 5, to: 7 },
  });
  expect(second).toMatchObject({ command: 'next', expected: 'ok' });
  expect(more).toEqual([]);
});

test('an output between doubled lines may have blank lines', () => {
  expect(only('cmd\n----\n----\na\n\nb\n----\n----\n').expected).toBe('a\n\nb');
});

function run(text: string): string {
  const stage = new Stage();
  const interaction = new Interaction(stage, etcdCommands(stage));
  return parseDirectives(text)
    .map((directive) => interaction.run(directive))
    .join('');
}

const THREE = 'add-nodes 3 voters=(1,2,3) index=2\n----\n\n';

test.each([
  ['a command without an end', 'campaign 1\n', 'without ----'],
  ['a command', 'dance 1\n----\n', 'unknown command dance'],
  ['an option', 'add-nodes 1 colour=red\n----\n', 'unknown argument colour'],
  ['a second node', `${THREE}raft-state 1\n----\n`, 'unknown argument 1'],
  ['a switch', 'add-nodes 1 prevote=maybe\n----\n', 'prevote is true or false'],
  ['a number', 'add-nodes 1 inflight=few\n----\n', 'few is no number'],
  ['a list where one value belongs', 'add-nodes 1 inflight=(1,2)\n----\n', 'inflight takes one value'],
  ['a kind of reads', 'add-nodes 1 read-only=never\n----\n', 'unknown kind of reads never'],
  ['a log level', 'log-level shout\n----\n', 'unknown log level shout'],
  ['a log level of one command', `${THREE}stabilize log-level=shout\n----\n`, 'unknown log level shout'],
  ['a type of messages', `${THREE}deliver-msgs 1 type=MsgNews\n----\n`, 'unknown message type MsgNews'],
  ['a node', `${THREE}campaign 4\n----\n`, 'there is no node 4'],
  ['a transition', `${THREE}propose-conf-change 1 transition=sudden\nv2\n----\n`, 'unknown transition'],
  ['a change', `${THREE}propose-conf-change 1\nx2\n----\n`, 'unknown change x2'],
  ['an input', `${THREE}campaign 1\nwith care\n----\n`, 'campaign: it takes no input'],
])('%s that is unknown or malformed is an error', (_, text, complaint) => {
  expect(() => run(text)).toThrow(complaint);
});
