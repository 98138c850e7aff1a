/** The status of a store, from its view. This file is pure. */
import type { HostView, StoreStatus } from './contract.ts';
import { isReady, signalingUnreachable, whatIsMissing } from './readiness.ts';

export function statusOf(view: HostView, signalingUrl: string): StoreStatus {
  const [own] = view.radiants;
  if (own === undefined || !isReady(view)) {
    const isAlone = own !== undefined && own.formation.kind === 'formed' && own.neighbours.length === 0;
    const { code, message } = whatIsMissing(view, signalingUrl);
    return { kind: isAlone ? 'offline' : 'connecting', code, why: message };
  }
  const without = own.orders.filter(({ quorumReachable }) => !quorumReachable).length;
  const count = own.orders.length;
  if (without === count && own.neighbours.length === 0) {
    return { kind: 'offline', code: 'NO_QUORUM', why: 'This tab reaches no other tab, and cannot decide alone.' };
  }
  if (without > 0) {
    const which = count === 1 ? 'The order' : `${without} of ${count} orders`;
    const why = `${which} cannot reach a majority of ${count === 1 ? 'its' : 'their'} voters. Open the missing tabs again.`;
    return { kind: 'degraded', code: 'NO_QUORUM', why };
  }
  if (view.signaling === 'connected') return { kind: 'live' };
  const { code, message } = signalingUnreachable(signalingUrl);
  return { kind: 'degraded', code, why: `No new tab can join. ${message}` };
}

export function isSameStatus(one: StoreStatus, other: StoreStatus): boolean {
  if (one.kind === 'live' || other.kind === 'live') return one.kind === other.kind;
  return one.kind === other.kind && one.code === other.code && one.why === other.why;
}
