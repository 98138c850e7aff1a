import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLinearizability } from '../../../src/sim/linearizability/check.ts';
import { HistoryRecorder } from '../../../src/sim/linearizability/history.ts';
import {
  type KeyValueInput,
  type KeyValueOutput,
  keyValueModel,
} from '../../../src/sim/linearizability/key-value-model.ts';
import { registerModel } from '../../../src/sim/linearizability/register-model.ts';
import { conformanceFiles } from './conformance.ts';
import { parseJepsenLog, parseKeyValueLog } from './public-histories.ts';

const LINEARIZABLE_JEPSEN = new Set(['002', '005', '007', '018', '025', '031', '038', '045', '048', '049']);
const jepsenFiles = conformanceFiles('linearizability/jepsen-etcd', '.log');
const keyValueFiles = conformanceFiles('linearizability/kv', '.txt');

const got = (value: string | undefined): KeyValueOutput => ({ kind: 'value', value });
const written: KeyValueOutput = { kind: 'written', existed: undefined };

function record(): HistoryRecorder<KeyValueInput, KeyValueOutput> {
  return new HistoryRecorder();
}

describe('public histories with known verdicts', () => {
  if (jepsenFiles.length + keyValueFiles.length === 0) {
    test('the conformance data are missing here: set CONFORMANCE_DIR to check them', () => {});
  }

  for (const file of jepsenFiles) {
    const expected = LINEARIZABLE_JEPSEN.has(/(\d+)\.log$/.exec(file)?.[1] ?? '');
    test(`${basename(file)} is ${expected ? '' : 'not '}linearizable`, () => {
      const verdict = checkLinearizability(parseJepsenLog(readFileSync(file, 'utf8')), registerModel);
      expect(verdict.linearizable).toBe(expected);
    });
  }

  for (const file of keyValueFiles) {
    const expected = file.endsWith('-ok.txt');
    test(`${basename(file)} is ${expected ? '' : 'not '}linearizable`, () => {
      const verdict = checkLinearizability(parseKeyValueLog(readFileSync(file, 'utf8')), keyValueModel(''));
      expect(verdict.linearizable).toBe(expected);
    });
  }
});

test('a read that returns what was overwritten before it began is refused, and the prefix ends there', () => {
  const history = record();
  for (const value of ['a', 'b']) history.completed(history.invoked('one', { kind: 'put', key: 'k', value }), written);
  const stale = history.invoked('two', { kind: 'get', key: 'k' });
  history.completed(stale, got('a'));
  history.completed(history.invoked('one', { kind: 'get', key: 'k' }), got('b'));
  const verdict = checkLinearizability(history.history(), keyValueModel());
  expect(verdict).toMatchObject({ linearizable: false, part: 'k', failsAt: 5, prefixOperations: 3 });
  expect(verdict.linearizable ? '' : verdict.explanation).toContain('[4, 5] two: get k → "a"');
});

test('a write of unknown outcome may take effect long after it was given up, or never, but not twice', () => {
  const lateEffect = (later: readonly (string | undefined)[]): boolean => {
    const history = record();
    history.invoked('one', { kind: 'append', key: 'k', value: 'x' });
    for (const value of later) history.completed(history.invoked('two', { kind: 'get', key: 'k' }), got(value));
    return checkLinearizability(history.history(), keyValueModel()).linearizable;
  };
  expect(lateEffect([undefined, undefined])).toBe(true);
  expect(lateEffect([undefined, 'x', 'x'])).toBe(true);
  expect(lateEffect(['x', undefined])).toBe(false);
  expect(lateEffect(['x', 'xx'])).toBe(false);
});

test('a write of unknown outcome has no effect before it was invoked', () => {
  const history = record();
  history.completed(history.invoked('two', { kind: 'get', key: 'k' }), got('x'));
  history.invoked('one', { kind: 'put', key: 'k', value: 'x' });
  expect(checkLinearizability(history.history(), keyValueModel()).linearizable).toBe(false);
});

test('whether a key existed before a write is judged where the answer says it', () => {
  const history = record();
  history.completed(history.invoked('one', { kind: 'put', key: 'k', value: 'x' }), { kind: 'written', existed: false });
  history.completed(history.invoked('one', { kind: 'delete', key: 'k' }), { kind: 'written', existed: false });
  expect(checkLinearizability(history.history(), keyValueModel()).linearizable).toBe(false);
});

test('thirty appends of unknown outcome under way at once do not drown the search', () => {
  const history = record();
  for (let at = 0; at < 30; at++) history.invoked(`lost ${at}`, { kind: 'append', key: 'k', value: `<${at}>` });
  let value = '';
  for (const at of [7, 3, 21, 11]) {
    history.completed(history.invoked('known', { kind: 'append', key: 'k', value: `(${at})` }), written);
    value += `(${at})<${at}>`;
    history.completed(history.invoked('reader', { kind: 'get', key: 'k' }), got(value));
  }
  expect(checkLinearizability(history.history(), keyValueModel()).linearizable).toBe(true);
  history.completed(history.invoked('reader', { kind: 'get', key: 'k' }), got(`${value}<7>`));
  expect(checkLinearizability(history.history(), keyValueModel()).linearizable).toBe(false);
});
