/** Validates a configuration that another radiant sent. */
import { validateConfiguration } from '../cluster/configuration.ts';
import { algorithmNamed } from '../consensus/algorithms.ts';
import { stateMachineNamed } from '../store/registry.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import type { ClusterId } from '../wire/identifiers.ts';

/**
 * @throws {ShardbearerError} `INVALID_ARGUMENT` if the configuration is invalid or belongs to another cluster,
 * `VERSION_UNSUPPORTED`
 */
export function checkedConfiguration(configuration: Configuration, cluster: ClusterId | undefined): Configuration {
  if (configuration.cluster !== cluster)
    throw new InvalidArgumentError('The configuration belongs to another cluster than its frame.');
  validateConfiguration(configuration);
  algorithmNamed(configuration.algorithm);
  stateMachineNamed(configuration.stateMachine);
  return configuration;
}
