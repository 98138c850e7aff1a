/** Makes many concurrent puts in the page, and checks the values afterwards. */
import type { ConsoleTab } from '../browser/harness/console-tab.ts';
import type { Plan } from './plan.ts';

/** A range of puts, from number `first` to number `end` - 1. Numbers count over the whole run. */
export interface Leg {
  readonly first: number;
  readonly end: number;
}

interface Writing {
  /** Makes the puts of a leg. Resolves to the number of repeated puts once all puts are acknowledged. */
  write(leg: Leg): Promise<number>;
  /** The keys whose value is not that of their last put before `end`. */
  differing(end: number): Promise<readonly string[]>;
}

declare global {
  /** The function `prepareWriting` sets this variable. */
  var enduranceWriting: Writing | undefined;
}

/** Installs the functions that write and check in the page. Put number n writes key number n modulo `keys`. */
export async function prepareWriting(tab: ConsoleTab, { keys, valueBytes, calls }: Plan): Promise<void> {
  await tab.page.evaluate(
    (plan) => {
      const store = window.shardbearer;
      if (store === undefined) throw new Error('The store is not open.');
      const ALPHABET = new TextEncoder().encode('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-');
      const decoder = new TextDecoder();
      const keyOf = (at: number) => `endurance/${String(at).padStart(6, '0')}`;
      /** Incompressible random text that is determined by the put's number. */
      const valueOf = (number: number) => {
        const text = new Uint8Array(plan.valueBytes);
        let state = (Math.imul(number + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1;
        for (let at = 0; at < text.length; ) {
          state ^= state << 13;
          state ^= state >>> 17;
          state ^= state << 5;
          for (let shift = 0; shift < 30 && at < text.length; shift += 6) {
            text[at++] = ALPHABET[(state >>> shift) & 63] ?? 0;
          }
        }
        return decoder.decode(text);
      };
      /** Makes the puts of one lane. Each key belongs to one lane, so puts of a key never overtake each other. */
      const writeLane = async (lane: number, { first, end }: Leg) => {
        let failures = 0;
        for (let number = first; number < end; number++) {
          const key = number % plan.keys;
          if (key % plan.calls !== lane) continue;
          for (let isDone = false; !isDone; ) {
            try {
              await store.put(keyOf(key), valueOf(number));
              isDone = true;
            } catch {
              failures += 1;
            }
          }
        }
        return failures;
      };
      globalThis.enduranceWriting = {
        write: async (leg) => {
          const lanes = Array.from({ length: plan.calls }, (_, lane) => writeLane(lane, leg));
          return (await Promise.all(lanes)).reduce((sum, failures) => sum + failures, 0);
        },
        differing: async (end) => {
          const keys: string[] = [];
          for (let key = 0; key < plan.keys; key++) {
            const last = end - 1 - ((((end - 1 - key) % plan.keys) + plan.keys) % plan.keys);
            if ((await store.get(keyOf(key))) !== valueOf(last)) keys.push(keyOf(key));
          }
          return keys;
        },
      };
    },
    { keys, valueBytes, calls },
  );
}

export async function writeLeg(tab: ConsoleTab, leg: Leg): Promise<number> {
  return await tab.page.evaluate(async (itsLeg) => {
    if (globalThis.enduranceWriting === undefined) throw new Error('This page was not prepared to write.');
    return await globalThis.enduranceWriting.write(itsLeg);
  }, leg);
}

/** The keys whose value is not the one acknowledged last. */
export async function differingKeys(tab: ConsoleTab, end: number): Promise<readonly string[]> {
  return await tab.page.evaluate(async (itsEnd) => {
    if (globalThis.enduranceWriting === undefined) throw new Error('This page was not prepared to read.');
    return await globalThis.enduranceWriting.differing(itsEnd);
  }, end);
}
