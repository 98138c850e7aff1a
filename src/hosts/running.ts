import type { HeldIdentity } from './identity-keeper.ts';
import type { RadiantRunner } from './radiant-runner.ts';

/** An identity that this worker holds, and what runs it. */
export interface Running {
  readonly identity: HeldIdentity;
  readonly runner: RadiantRunner;
}

/** Says goodbye, and leaves the identity to whoever comes. */
export async function letGo({ runner, identity }: Running): Promise<void> {
  await runner.close();
  identity.lock.release();
}

/** For one that never ran. */
export async function putBack({ database, lock }: HeldIdentity): Promise<void> {
  await database.close();
  lock.release();
}
