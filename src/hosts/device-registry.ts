/** What all tabs of one device share: which clusters it knows, and which radiants live on it. */
import type { DeviceRegistry as IndexedDbRegistry } from '../storage/indexeddb/device.ts';

export type { KnownCluster, KnownIdentity } from '../storage/indexeddb/device.ts';

export type DeviceRegistry = Pick<
  IndexedDbRegistry,
  | 'deviceId'
  | 'lastCluster'
  | 'rememberCluster'
  | 'identities'
  | 'addIdentity'
  | 'markVoter'
  | 'unmarkVoter'
  | 'retireIdentity'
>;
