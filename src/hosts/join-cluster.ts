/** How a tab comes to a cluster: by its invite, by what this device remembers, or by founding one (design, rule 12). */
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
  /** Name of the signaling room that the secret opens. */
  readonly roomOf: (secret: string) => Promise<string>;
  readonly newClusterId: () => ClusterId;
}

/** Which cluster a tab asks for. */
interface Wanted {
  /** The secret in the tab's address; with one, nothing is ever founded. */
  readonly secret: string | undefined;
  /** Whose last cluster is joined where there is no secret. */
  readonly application: string;
}

interface Joined {
  readonly secret: string;
  readonly room: string;
  readonly own: HeldIdentity;
}

/** Decides which cluster this tab belongs to, and as whom. */
export async function joinCluster(parts: JoinParts, wanted: Wanted, arrival: Arrival): Promise<Joined> {
  const { secret: invited, application } = wanted;
  if (invited !== undefined) {
    const room = await parts.roomOf(invited);
    await parts.registry.rememberCluster({ room, secret: invited, founded: false, application });
    return { secret: invited, room, own: await parts.keeper.takeUp(room, arrival) };
  }
  // Two bare tabs of one device that open at once: the second finds what the first one founded.
  const decision = await whileHolding(parts.locks, FOUNDING_LOCK, async () => {
    const remembered = await parts.registry.lastCluster(application);
    return remembered === undefined ? foundCluster(parts, application) : { ...remembered, own: undefined };
  });
  const { secret, room } = decision;
  return { secret, room, own: decision.own ?? (await parts.keeper.takeUp(room, arrival)) };
}

/** The founding record is durable before the device, and with it anyone, knows the secret. */
async function foundCluster(parts: JoinParts, application: string): Promise<Joined> {
  const { registry, keeper, newSecret, roomOf, newClusterId } = parts;
  const secret = await newSecret();
  const room = await roomOf(secret);
  const value = encodeFoundingRecord({ cluster: newClusterId(), configuration: undefined });
  const own = await keeper.create(room, [{ kind: 'put', key: FOUNDING_KEY, value }]);
  // Until the cluster is formed everything rests on the founder: it is taken up before any other.
  await keeper.markVoter(own.radiant);
  await registry.rememberCluster({ room, secret, founded: true, application });
  return { secret, room, own };
}
