/** The algorithms that a cluster's configuration can name. */
import { InvalidArgumentError } from '../wire/errors.ts';
import type { ConsensusAlgorithm } from './contract.ts';
import { naive } from './naive/algorithm.ts';
import { raft } from './raft/algorithm.ts';

export const ALGORITHMS: readonly ConsensusAlgorithm[] = [raft, naive];

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` for a name that this build does not know */
export function algorithmNamed(name: string): ConsensusAlgorithm {
  const algorithm = ALGORITHMS.find((candidate) => candidate.name === name);
  if (algorithm === undefined) {
    const known = ALGORITHMS.map((candidate) => candidate.name).join(', ');
    throw new InvalidArgumentError(`no consensus algorithm is called ${name}; there are ${known}`);
  }
  return algorithm;
}
