import type { StateRefusal, StateRefusalCode } from './contract.ts';

export function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}
