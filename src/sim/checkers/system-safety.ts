/** All checkers that run after every event, over all orders of a cluster. */
import type { OrderId } from '../../wire/identifiers.ts';
import type { CoverageListener } from '../coverage.ts';
import type { Observer } from '../world/observer.ts';
import { Companions } from './companions/companions.ts';
import { CompanionDurabilityChecker } from './companions/companions-word.ts';
import { ConfigurationHistory } from './shards/configuration-history.ts';
import { GivenAnswers } from './given-answers.ts';
import { DecidedEntries } from './log-listener.ts';
import { Ownership } from './shards/ownership.ts';
import { RaftSafety } from './raft/raft-safety.ts';
import { ReplicaAgreement } from './replica-agreement.ts';
import { Settlements } from './settlements.ts';

export class SystemSafety {
  readonly raft: RaftSafety;
  readonly ownership: Ownership;
  readonly configurations: ConfigurationHistory;
  /**
   * Checkers in the order in which they must run. RaftSafety is first, because it reports the decided entries that the
   * others depend on.
   */
  readonly observers: readonly Observer[];

  /** @param covered counts what happens to logs, memberships, configurations and shards */
  constructor(covered: CoverageListener = () => undefined) {
    this.ownership = new Ownership(covered);
    this.configurations = new ConfigurationHistory(covered);
    const companions = new Companions((order) => this.raft.history(order), covered);
    const historyOf = (order: OrderId) => this.raft.history(order);
    const word = new CompanionDurabilityChecker({ historyOf, ledgerOf: (order) => companions.ledgerOf(order) });
    const answers = new GivenAnswers([this.ownership, companions]);
    const listeners = [this.ownership, this.configurations, companions, word, new Settlements(covered)];
    this.raft = new RaftSafety(covered, new DecidedEntries(listeners));
    const { raft, ownership, configurations } = this;
    this.observers = [raft, new ReplicaAgreement(), answers, ownership, companions, word, configurations];
  }
}
