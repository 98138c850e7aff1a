/**
 * Shardbearer: a replicated, linearizable key-value store whose nodes are browser tabs.
 *
 * ```ts
 * const store = await openShardbearer({
 *   signaling: 'wss://example.org/signaling',
 * });
 * await store.ready();
 * await store.put('greeting', 'hello');
 * await store.get('greeting'); // 'hello', in every tab
 * ```
 */
export type {
  ClusterAdministration,
  HostView,
  MemberName,
  Problem,
  RingPlace,
  Shardbearer,
  StoreStatus,
} from './hosts/contract.ts';
export type {
  AnyCodec,
  CallOptions,
  Change,
  Codec,
  Decoded,
  Encoding,
  Entry,
  Key,
  KeyRangeOptions,
  KeyValueStore,
  ListOptions,
  PutOptions,
  ReadOptions,
  Versionstamp,
  Watch,
  WatchOptions,
  WatchPosition,
  WriteOptions,
} from './hosts/key-value-contract.ts';
export type { CommandOptions, MachineInstance } from './hosts/machine-contract.ts';
export type { AnyMachine, Machine, MachineDefinition, MachineStep } from './store/machine.ts';
export { CommandRefusedError, defineMachine } from './store/machine.ts';
export { ConflictError } from './hosts/conflict-error.ts';
export { openShardbearer } from './hosts/browser/open-shardbearer.ts';
export type { OpenStore } from './hosts/browser/open.ts';
export type { AlgorithmChoice } from './consensus/algorithms.ts';
export type { FoundingPreferences, IceServerOption, OpenOptions } from './hosts/browser/options.ts';
export { startOverOnThisDevice } from './hosts/browser/start-over.ts';
export type { MemberView, NeighbourView, OrderView, RadiantView, ReplicaView } from './radiant/contract.ts';
export type { SignalingState } from './transport/contract.ts';

export type { Configuration, Order, Participant, Shard } from './wire/configuration/configuration.ts';
export type { Effect, ErrorCode } from './wire/errors.ts';
export {
  ERROR_CODES,
  InvalidArgumentError,
  InvariantError,
  OutcomeUnknownError,
  ShardbearerError,
  StorageLostError,
} from './wire/errors.ts';
