/** Waits until a cluster has no pending change, as seen by one tab. */
import type { RadiantView } from '../../../src/radiant/contract.ts';
import type { StoreTab } from './store-tab.ts';
import { type Patience, until } from './until.ts';

/** Patience for tabs on two busy cores. */
export const LONG: Patience = { timeoutMs: 60_000, intervalMs: 200 };

/**
 * Waits until every order has the members of the configuration, all members are reachable, and no shard is moving.
 * @param radiants the expected number of radiants in the cluster
 */
export async function untilSettled(tab: StoreTab, radiants: number): Promise<RadiantView> {
  let why = 'nothing is known yet';
  return await until(
    `the cluster of ${radiants} has settled`,
    async () => {
      const own = await tab.radiant();
      const fault = unrestIn(own, radiants);
      if (fault !== undefined) why = fault;
      return fault === undefined && own;
    },
    LONG,
  ).catch((error: unknown) => {
    throw new Error(`the cluster of ${radiants} has not settled: ${why}`, { cause: error });
  });
}

/** Describes the change that is due. Undefined: none is due. */
function unrestIn({ formation, orders }: RadiantView, radiants: number): string | undefined {
  if (formation.kind !== 'formed') return 'it is not formed';
  const { configuration } = formation;
  const wanted = configuration.orders.flatMap(({ members }) => [...members.voters, ...members.learners]);
  if (wanted.length !== radiants) return `configuration ${configuration.number} has ${wanted.length} radiants`;
  if (configuration.orders.some(({ shards }) => shards.some(({ source }) => source !== undefined))) {
    return 'a shard is on its way';
  }
  for (const { id, members } of configuration.orders) {
    const view = orders.find(({ order }) => order === id);
    if (view?.herald === undefined) return `order ${id} has no herald`;
    const memberKind = (kind: string) => view.members.filter((member) => member.memberKind === kind).length;
    if (memberKind('voter') !== members.voters.length || memberKind('learner') !== members.learners.length) {
      return `order ${id} has ${memberKind('voter')} voters and ${memberKind('learner')} learners`;
    }
    if (view.members.length !== members.voters.length + members.learners.length) return `order ${id} changes`;
    const silent = view.members.find(({ reachable }) => !reachable);
    if (silent !== undefined) return `${silent.radiant} of order ${id} cannot be reached`;
  }
  return undefined;
}
