/** The plan of one run, from the command line. */
export interface Plan {
  readonly puts: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly calls: number;
}

/** Number of puts between two heap samples. */
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

/**
 * Number of puts before the first heap sample that counts. By then, all structures and the compiled code have reached
 * their size.
 */
export const WARM_UP_PUTS = 100_000;

export function keyOf(at: number): string {
  return `endurance/${String(at).padStart(6, '0')}`;
}

/** Size of all keys and values in bytes, without overhead. */
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
