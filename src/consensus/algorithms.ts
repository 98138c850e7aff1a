/** The consensus algorithms that a cluster's configuration can name. */
import { InvalidArgumentError } from '../wire/errors.ts';
import type { ConsensusAlgorithm } from './contract.ts';
import { naive } from './naive/algorithm.ts';
import { raft } from './raft/algorithm.ts';

/** The algorithm of a new cluster. `naive` can lose acknowledged writes, so its name needs `unsafe: true`. */
export type AlgorithmChoice = 'raft' | { readonly name: 'naive'; readonly unsafe: true };

const ALGORITHMS: readonly ConsensusAlgorithm[] = [raft, naive];

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` for a name that this build does not know */
export function algorithmNamed(name: string): ConsensusAlgorithm {
  const algorithm = ALGORITHMS.find((candidate) => candidate.name === name);
  if (algorithm === undefined) {
    const known = ALGORITHMS.map((candidate) => candidate.name).join(', ');
    throw new InvalidArgumentError(`Algorithm ${name} does not exist in this build. Use one of: ${known}.`);
  }
  return algorithm;
}

/**
 * Returns the name of the chosen algorithm. Callers without types can pass any value.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` for an unknown name, and for an unsafe algorithm without `unsafe`
 */
export function chosenAlgorithm(choice: unknown): string {
  const { name, unsafe } = isObject(choice) ? choice : { name: choice, unsafe: undefined };
  if (typeof name !== 'string') {
    throw new InvalidArgumentError("algorithm is no name. Pass 'raft'.");
  }
  const { linearizable, survivesMinorityLoss } = algorithmNamed(name).guarantees;
  if (unsafe !== true && !(linearizable && survivesMinorityLoss)) {
    throw new InvalidArgumentError(
      `Algorithm ${name} can lose acknowledged writes. Pass { name: '${name}', unsafe: true } to accept this, or 'raft'.`,
    );
  }
  return name;
}

function isObject(value: unknown): value is { readonly name?: unknown; readonly unsafe?: unknown } {
  return typeof value === 'object' && value !== null;
}
