import type { History } from '../linearizability/history.ts';
import type { KeyValueInput, KeyValueOutput } from '../linearizability/key-value-model.ts';
import { check } from '../violation.ts';

/**
 * Compares the final value of a key that is only appended to with the acknowledged appends. The final value holds each
 * acknowledged text exactly once, each other text at most once, and nothing else.
 */
export function checkAppended(
  key: string,
  finalValue: string | undefined,
  history: History<KeyValueInput, KeyValueOutput>,
): void {
  const found = new Map<string, number>();
  for (const value of (finalValue ?? '').split('.')) {
    if (value !== '') found.set(`${value}.`, (found.get(`${value}.`) ?? 0) + 1);
  }
  const asked = new Set<string>();
  for (const { input, completion } of history) {
    if (input.kind !== 'append' || input.key !== key) continue;
    asked.add(input.value);
    const times = found.get(input.value) ?? 0;
    check(times <= 1, 'exactly once', () => `"${input.value}" was appended to ${key} ${times} times`);
    check(
      completion === undefined || times === 1,
      'acknowledged writes are kept',
      () => `"${input.value}" was acknowledged, and is not in ${key}`,
    );
  }
  for (const value of found.keys()) {
    check(asked.has(value), 'what failed without effect has none', () => `${key} holds "${value}", which never may`);
  }
}
