import type { ClusterPlan } from '../../src/sim/runs/seed-plan.ts';

/** A plan for one order that is founded as soon as its tabs are present. */
export const oneOrder = (hosts: number, replicationFactor: number, turnover: ClusterPlan['turnover']): ClusterPlan => ({
  shape: { hosts, hostsOnDevice: 1, replicationFactor, unlinked: [] },
  founding: { radiants: hosts, orders: 1, shards: 1, windowMs: 2_000 },
  administration: { meanMs: undefined },
  turnover,
});
