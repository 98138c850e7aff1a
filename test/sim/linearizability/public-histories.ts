/** Parses the two formats of the public histories. */
import type { KeyValueInput, KeyValueOutput } from '../../../src/sim/linearizability/key-value-model.ts';
import { type History, HistoryRecorder } from '../../../src/sim/linearizability/history.ts';
import type { RegisterInput, RegisterOutput } from '../../../src/sim/linearizability/register-model.ts';

const JEPSEN_LINE = /^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$/;

export function parseJepsenLog(text: string): History<RegisterInput, RegisterOutput> {
  const recorder = new HistoryRecorder<RegisterInput, RegisterOutput>();
  const open = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, process = '', type, operation, value = ''] = JEPSEN_LINE.exec(line) ?? [];
    if (type === undefined) throw new SyntaxError(`not a line of a Jepsen log: ${line}`);
    if (type === 'invoke') {
      open.set(process, recorder.invoked(process, registerInput(operation, value)));
      continue;
    }
    const number = open.get(process);
    if (number === undefined) throw new SyntaxError(`nothing is open at: ${line}`);
    open.delete(process);
    if (type === 'ok') recorder.completed(number, registerOutput(operation, value));
    // A failed compare-and-set has read the register. Any other failed operation had no effect.
    else if (type === 'fail' && operation === 'cas') recorder.completed(number, { kind: 'compared', equal: false });
    else if (type === 'fail' || operation === 'read') recorder.hadNoEffect(number);
  }
  return recorder.history();
}

function registerInput(operation: string | undefined, value: string): RegisterInput {
  if (operation === 'read') return { kind: 'read' };
  if (operation === 'write') return { kind: 'write', value };
  const [, expected, next] = /^\[(\S+) (\S+)\]$/.exec(value) ?? [];
  if (expected === undefined || next === undefined) throw new SyntaxError(`not a pair of values: ${value}`);
  return { kind: 'cas', expected, value: next };
}

function registerOutput(operation: string | undefined, value: string): RegisterOutput {
  if (operation === 'read') return { kind: 'read', value: value === 'nil' ? undefined : value };
  return operation === 'write' ? { kind: 'written' } : { kind: 'compared', equal: true };
}

const KEY_VALUE_LINE =
  /^\{:process (\d+), :type :(invoke|ok|fail|info), :f :(get|put|append), :key "([^"]*)", :value (?:nil|"([^"]*)")\}$/;

/** Parses a log with one EDN map per event. In that key-value store, every key holds the empty string at first. */
export function parseKeyValueLog(text: string): History<KeyValueInput, KeyValueOutput> {
  const recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>();
  const open = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, process = '', type, operation, key = '', value = ''] = KEY_VALUE_LINE.exec(line) ?? [];
    if (type === undefined) throw new SyntaxError(`not a line of a key-value history: ${line}`);
    if (type === 'invoke') {
      const kind = operation === 'put' ? 'put' : 'append';
      open.set(process, recorder.invoked(process, operation === 'get' ? { kind: 'get', key } : { kind, key, value }));
      continue;
    }
    const number = open.get(process);
    if (number === undefined) throw new SyntaxError(`nothing is open at: ${line}`);
    open.delete(process);
    if (type === 'fail') recorder.hadNoEffect(number);
    else if (type === 'ok' && operation === 'get') recorder.completed(number, { kind: 'value', value });
    else if (type === 'ok') recorder.completed(number, { kind: 'written', existed: undefined });
  }
  return recorder.history();
}
