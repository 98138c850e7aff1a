/**
 * Chooses the cluster of a tab. The invite link decides, then the registry of this device. Otherwise the tab founds a
 * cluster (design, rule 12).
 */
import { FOUNDING_KEY } from '../storage/keys.ts';
import type { ClusterId } from '../wire/identifiers.ts';
import { encodeFoundingRecord } from '../wire/records/record-codec.ts';
import type { DeviceRegistry } from './device-registry.ts';
import type { Arrival } from './identity-choice.ts';
import type { HeldIdentity, IdentityKeeper } from './identity-keeper.ts';
import { FOUNDING_LOCK, type Locks, whileHolding } from './locks.ts';

interface JoinParts {
  readonly registry: DeviceRegistry;
  readonly keeper: IdentityKeeper;
  readonly locks: Locks;
  readonly newSecret: () => Promise<string>;
  /** Returns the name of the secret's signaling room. */
  readonly roomOf: (secret: string) => Promise<string>;
  readonly newClusterId: () => ClusterId;
}

interface Wanted {
  /** The secret in the tab's address. A tab with a secret never founds a cluster. */
  readonly secret: string | undefined;
  /** Name of the application. Without a secret, the tab joins the last cluster of this application. */
  readonly application: string;
}

interface Joined {
  readonly secret: string;
  readonly room: string;
  readonly own: HeldIdentity;
}

export async function joinCluster(parts: JoinParts, wanted: Wanted, arrival: Arrival): Promise<Joined> {
  const { secret: invited, application } = wanted;
  if (invited !== undefined) {
    const room = await parts.roomOf(invited);
    await parts.registry.rememberCluster({ room, secret: invited, founded: false, application });
    return { secret: invited, room, own: await parts.keeper.takeUp(room, arrival) };
  }
  // Two tabs of one device may open at once without a secret. The lock makes the second tab find the cluster of the
  // first.
  const decision = await whileHolding(parts.locks, FOUNDING_LOCK, async () => {
    const remembered = await parts.registry.lastCluster(application);
    return remembered === undefined ? foundCluster(parts, application) : { ...remembered, own: undefined };
  });
  const { secret, room } = decision;
  return { secret, room, own: decision.own ?? (await parts.keeper.takeUp(room, arrival)) };
}

/** Founds a cluster. Flushes the founding record before any device knows the secret. */
async function foundCluster(parts: JoinParts, application: string): Promise<Joined> {
  const { registry, keeper, newSecret, roomOf, newClusterId } = parts;
  const secret = await newSecret();
  const room = await roomOf(secret);
  const value = encodeFoundingRecord({ cluster: newClusterId(), configuration: undefined });
  const own = await keeper.create(room, [{ kind: 'put', key: FOUNDING_KEY, value }]);
  // Until the cluster is formed, it depends on the founder. The mark makes other tabs adopt a founder whose tab closed.
  await keeper.markVoter(own.radiant);
  await registry.rememberCluster({ room, secret, founded: true, application });
  return { secret, room, own };
}
