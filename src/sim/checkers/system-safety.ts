/** All that is judged after every event, over all orders of a system. */
import type { CoverageListener } from '../coverage.ts';
import type { Observer } from '../observer.ts';
import { ConfigurationHistory } from './configuration-history.ts';
import { DecidedEntries } from './log-listener.ts';
import { Ownership } from './ownership.ts';
import { RaftSafety } from './raft-safety.ts';
import { ReplicaAgreement } from './replica-agreement.ts';

export class SystemSafety {
  readonly raft: RaftSafety;
  readonly ownership: Ownership;
  readonly configurations: ConfigurationHistory;
  /** In the order in which they are to look: what is decided is known first. */
  readonly observers: readonly Observer[];

  /** @param covered is told what happens to logs, memberships, configurations and shards */
  constructor(covered: CoverageListener = () => undefined) {
    this.ownership = new Ownership(covered);
    this.configurations = new ConfigurationHistory(covered);
    this.raft = new RaftSafety(covered, new DecidedEntries([this.ownership, this.configurations]));
    this.observers = [this.raft, new ReplicaAgreement(), this.ownership, this.configurations];
  }
}
