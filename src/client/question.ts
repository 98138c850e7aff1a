/** What a call asks over the route that it takes. */
import { assert } from '../wire/assertion.ts';
import type { Question } from '../wire/frames/frame.ts';
import type { GovernanceCall } from './contract.ts';
import type { PendingKeyCall, Place } from './pending-call.ts';
import type { Route } from './route.ts';

export function readQuestion({ call, slot }: PendingKeyCall, { shardEpoch }: Route): Question {
  assert(call.kind === 'get', 'only reads are asked without a place');
  return { kind: 'read', slot, shardEpoch, key: call.key };
}

export function commandQuestion(
  { call, slot }: PendingKeyCall,
  { session, sequence }: Place,
  { shardEpoch }: Route,
): Question {
  assert(call.kind === 'write', 'only writes are sent as commands');
  const { finishedThrough } = session;
  return { kind: 'command', command: { sequence, finishedThrough, slot, shardEpoch, operation: call.operation } };
}

export function governanceQuestion(call: GovernanceCall): Question {
  return call.kind === 'query' ? { kind: 'query', number: call.number } : call;
}
