import { expect, test } from 'vitest';
import type { KnownIdentity } from '../../src/hosts/device-registry.ts';
import { hasDeparted, withKnownVoters } from '../../src/hosts/identity-choice.ts';
import { restartDelayMs } from '../../src/hosts/radiant-runner.ts';
import type { MemberView, OrderView, RadiantView } from '../../src/radiant/contract.ts';
import {
  asReplicaId,
  type BootId,
  type ClusterId,
  type DeviceId,
  type OrderId,
  parseId,
  type RadiantId,
} from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';

const identity = (digit: string, change: Partial<KnownIdentity> = {}): KnownIdentity => ({
  radiant: parseId<RadiantId>(digit.repeat(32)),
  room: 'room',
  voter: true,
  retired: false,
  ...change,
});
test('consecutive failures lead to growing pauses, up to a limit', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 100].map((failures) => restartDelayMs(failures, TIMES.host));
  expect(delays).toEqual(delays.toSorted((one, other) => one - other));
  expect(delays[0]).toBe(TIMES.host.restartDelayMs);
  expect(delays.at(-1)).toBe(TIMES.host.restartDelayLongestMs);
});

test('a current voter is adopted, marked or not, and a removed first voter is not', () => {
  const view = viewOf([
    { radiant: identity('b').radiant, memberKind: 'voter' },
    { radiant: identity('c').radiant, memberKind: 'learner' },
  ]);
  const known = ['a', 'b', 'c'].map((digit) => identity(digit, { voter: false }));
  expect(withKnownVoters(known, view).map(({ voter }) => voter)).toEqual([false, true, false]);
});

test('no order depends on a radiant that is a member of no order and is wanted by none', () => {
  expect(hasDeparted(viewOf([{ radiant: identity('b').radiant, memberKind: 'voter' }]))).toBe(true);
  expect(hasDeparted(viewOf([{ radiant: identity('a').radiant, memberKind: 'joining' }]))).toBe(false);
  expect(hasDeparted({ ...viewOf([]), formation: { kind: 'seeking' } })).toBe(false);
});

/** The view of radiant "aaa…" of an order with these members. The radiant has no replica of the order. */
function viewOf(members: readonly Pick<MemberView, 'radiant' | 'memberKind'>[]): RadiantView {
  const cluster = parseId<ClusterId>('c'.repeat(32));
  const device = parseId<DeviceId>('d'.repeat(32));
  const configuration = { cluster, generation: 0, number: 1, algorithm: 'raft', stateMachine: 'key-value' };
  const order: OrderView = {
    order: parseId<OrderId>('0'.repeat(32)),
    herald: undefined,
    members: members.map((member, at) => ({
      ...member,
      replica: asReplicaId(at + 1),
      device,
      role: undefined,
      reachable: true,
      isDataLost: false,
    })),
    replica: undefined,
    reachableDevices: 1,
    quorumReachable: true,
  };
  return {
    radiant: identity('a').radiant,
    boot: parseId<BootId>('b'.repeat(32)),
    device,
    lifecycle: 'associated',
    cluster,
    formation: {
      kind: 'formed',
      configuration: {
        ...configuration,
        bondsmith: { id: parseId<OrderId>('9'.repeat(32)), firstVoters: [], firstShards: [] },
        replicationFactor: 3,
        wantedOrders: undefined,
        orders: [],
      },
    },
    orders: [order],
    neighbours: [],
    bondsmith: undefined,
    withoutRoom: undefined,
    leaving: undefined,
    foreign: [],
    refusedFrames: {},
  };
}
