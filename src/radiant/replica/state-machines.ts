import { CONFIGURATION_MACHINE } from '../../cluster/configuration-machine.ts';
import type { StateMachineKind } from '../../store/contract.ts';
import { stateMachineNamed } from '../../store/registry.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';

/**
 * What a group replicates: the bondsmith's order the configuration, every other one what the configuration names.
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` where only a newer build has it
 */
export function stateMachineOf(group: OrderId, { bondsmith, stateMachine }: Configuration): StateMachineKind {
  return bondsmith?.id === group ? CONFIGURATION_MACHINE : stateMachineNamed(stateMachine);
}
