/** What one run does, as the command line said it. */
export interface Plan {
  readonly puts: number;
  readonly keys: number;
  /** Of each value. */
  readonly valueBytes: number;
  /** Puts under way at the same time. */
  readonly calls: number;
}

/** Puts between two looks at the heap. */
export const LEG_PUTS = 10_000;

export function readPlan(variables: Readonly<Record<string, string | undefined>>): Plan {
  const plan = {
    puts: readCount(variables, 'ENDURANCE_PUTS', 1_000_000),
    keys: readCount(variables, 'ENDURANCE_KEYS', 1_000),
    valueBytes: readCount(variables, 'ENDURANCE_BYTES', 1_000),
    calls: readCount(variables, 'ENDURANCE_CALLS', 256),
  };
  if (plan.calls > plan.keys) throw new Error('No more calls than keys: puts of one key wait for each other.');
  if (plan.puts < plan.keys) throw new Error('At least as many puts as keys: each is written once.');
  return plan;
}

/** The heap is held against what it was after so many puts: by then everything has its size, compiled code too. */
export const WARM_UP_PUTS = 100_000;

export function keyOf(at: number): string {
  return `endurance/${String(at).padStart(6, '0')}`;
}

/** Keys and values, and nothing of what it takes to keep them. */
export function liveBytes({ keys, valueBytes }: Plan): number {
  return keys * (keyOf(0).length + valueBytes);
}

function readCount(variables: Readonly<Record<string, string | undefined>>, name: string, otherwise: number): number {
  const text = variables[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} is a whole number from 1 on, not "${text}".`);
  return value;
}
