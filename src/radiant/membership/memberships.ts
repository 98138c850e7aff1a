/** The parts that decide which orders this radiant is a member of, and their connections. */
import { groupsOf } from '../../cluster/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { BondsmithClient } from '../bondsmith-client.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { RadiantOptions } from '../contract.ts';
import type { Identity } from '../identity.ts';
import type { Neighbourhood } from '../neighbours/neighbourhood.ts';
import type { LocalOrder } from '../orders/local-order.ts';
import type { LocalOrders } from '../orders/local-orders.ts';
import type { RecoveredRecords } from '../recovery.ts';
import type { Writer } from '../writer.ts';
import { ConfigurationAdoption } from './configuration-adoption.ts';
import { Founding } from './founding.ts';
import { JoinAndLeave } from './join-and-leave.ts';
import { ReplicaLifecycle } from './replica-lifecycle.ts';
import { TargetMemberships } from './target-memberships.ts';

interface MembershipsOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly radiant: RadiantOptions;
  readonly recovered: Pick<RecoveredRecords, 'founding' | 'departed'>;
  readonly writer: Writer;
  readonly configuration: ConfigurationHolder;
  readonly neighbourhood: Neighbourhood;
  readonly orders: LocalOrders;
  readonly byOrder: ReadonlyMap<OrderId, LocalOrder>;
  readonly bondsmithClient: BondsmithClient;
  /** Called when the first configuration is durable. */
  readonly onAssociated: () => void;
  /** Called when this radiant is a member of other orders than before. */
  readonly onMemberships: () => void;
  readonly onViewChange: () => void;
  /** Called when this boot remembers less than peers have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Memberships {
  readonly founding: Founding;
  readonly joinAndLeave: JoinAndLeave;
  readonly replicaLifecycle: ReplicaLifecycle;
  readonly configurationAdoption: ConfigurationAdoption;
  readonly #options: MembershipsOptions;
  readonly #targets: TargetMemberships;

  constructor(options: MembershipsOptions) {
    const { identity, clock, radiant, recovered, writer, configuration, orders, bondsmithClient } = options;
    const { onMemberships, onViewChange, onLost } = options;
    const { peers, router, members, topology, handshake, seen } = options.neighbourhood;
    const own = { identity, clock, writer, configuration, orders, members, handshake };
    this.#options = options;
    this.replicaLifecycle = new ReplicaLifecycle({ ...own, seen, onMemberships, onLost }, recovered.departed);
    this.configurationAdoption = new ConfigurationAdoption({
      ...own,
      peers,
      router,
      topology,
      onAdopted: (births, isFirst) => this.#onAdopted(births, isFirst),
      onLost,
    });
    const { replicaLifecycle, configurationAdoption } = this;
    const founder = { identity, clock, options: radiant, configuration, peers, configurationAdoption };
    this.founding = new Founding(founder, recovered.founding);
    const joins = radiant.joins ?? true;
    this.joinAndLeave = new JoinAndLeave({ ...own, replicaLifecycle, bondsmithClient, joins, onViewChange });
    this.#targets = new TargetMemberships(configuration, options.byOrder);
  }

  tick(): void {
    this.founding.reconcile();
    this.replicaLifecycle.reconcile();
    this.#targets.reconcile();
    this.joinAndLeave.reconcile();
  }

  /** Handles a durable configuration. This radiant opens its new replicas. */
  #onAdopted(births: readonly GroupRecord[], isFirst: boolean): void {
    const { byOrder, orders, neighbourhood, onAssociated, onViewChange } = this.#options;
    const { current } = this.#options.configuration;
    if (current === undefined) return;
    if (isFirst) onAssociated();
    const remaining = new Set(groupsOf(current).map(({ id }) => id));
    neighbourhood.keepOnly(remaining);
    for (const id of byOrder.keys()) if (!remaining.has(id)) orders.close(id);
    for (const birth of births) orders.begin(birth);
    this.configurationAdoption.spread(isFirst);
    const { announcer, connector, members } = neighbourhood;
    if (isFirst || births.length > 0) announcer.changed();
    connector.reconcile(members.radiants());
    onViewChange();
  }
}
