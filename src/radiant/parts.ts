/** What a radiant is made of, put together. */
import { SeenReplicas } from '../cluster/seen.ts';
import type { Records } from '../storage/contract.ts';
import type { ClusterId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { GroupRecord } from '../wire/records.ts';
import { Announcer } from './announcer.ts';
import { Clock } from './clock.ts';
import { ConfigurationHolder } from './configuration-holder.ts';
import { Connector } from './connector.ts';
import type { RadiantOptions } from './contract.ts';
import type { Effects } from './effects.ts';
import { Founding } from './founding.ts';
import { Groups } from './groups.ts';
import { Handshake } from './handshake.ts';
import { Inbox } from './inbox.ts';
import { Outlook } from './outlook.ts';
import { Peers } from './peers.ts';
import { Refusals } from './refusals.ts';
import type { Remembered } from './remembered.ts';
import { remember } from './remembered.ts';
import { Requests } from './requests.ts';
import { Router } from './router.ts';
import type { Self } from './self.ts';
import { Writer } from './writer.ts';

export interface PartsHooks {
  /** It knows durably which cluster it belongs to. */
  readonly onAssociated: () => void;
  /** Something that people and clients see changed. */
  readonly onViewChange: () => void;
  /** This boot remembers less than others have seen of it. */
  readonly onLost: (why: string) => void;
}

export class Parts {
  readonly options: RadiantOptions;
  readonly self: Self;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly writer: Writer;
  readonly refusals = new Refusals();
  readonly seen = new SeenReplicas();
  readonly configuration: ConfigurationHolder;
  readonly router: Router;
  readonly groups: Groups;
  readonly outlook: Outlook;
  readonly handshake: Handshake;
  readonly founding: Founding;
  readonly announcer: Announcer;
  readonly requests: Requests;
  readonly inbox: Inbox;
  readonly connector: Connector;
  readonly #effects: Effects;
  readonly #hooks: PartsHooks;

  /** @throws {StorageLostError} `STORAGE_LOST` where what it should remember is damaged */
  constructor(options: RadiantOptions, effects: Effects, hooks: PartsHooks) {
    const { environment, database, durable } = options;
    const { radiant, boot, device, startCounter } = database;
    const records = database.takeRecords();
    const remembered = remember(records);
    this.options = options;
    this.#effects = effects;
    this.#hooks = hooks;
    this.self = { radiant, boot, device, startCounter, durable };
    this.clock = new Clock(environment);
    this.peers = new Peers(this.clock);
    this.writer = new Writer(effects);
    this.configuration = new ConfigurationHolder(this.writer, remembered.configuration);
    this.router = new Router(this.self, this.peers, effects, this.refusals, () => this.cluster);
    this.groups = this.#makeGroups();
    this.outlook = new Outlook(this.self, this.peers, this.groups.byOrder);
    this.handshake = this.#makeHandshake();
    this.founding = this.#makeFounding(remembered);
    this.announcer = this.#makeAnnouncer();
    this.requests = this.#makeRequests();
    this.inbox = this.#makeInbox();
    this.connector = new Connector(this.self, this.clock, this.peers, effects);
    this.#takeUp(remembered, records);
  }

  /** Undefined: not known yet. A founder knows it from the start. */
  get cluster(): ClusterId | undefined {
    return this.configuration.current?.cluster ?? this.founding.cluster;
  }

  tick(): void {
    const { silent, returned } = this.peers.sweep();
    for (const radiant of silent) this.inbox.lose(radiant);
    if (returned.length > 0) this.#hooks.onViewChange();
    this.groups.tick();
    this.founding.pursue();
    this.connector.pursue(this.configuration.named());
  }

  /** To all neighbours, and to those of its orders that it reaches over relays. */
  sayGoodbye(): void {
    const others = new Set(this.configuration.named());
    for (const { neighbour } of this.peers.links()) others.add(neighbour.radiant);
    others.delete(this.self.radiant);
    for (const receiver of others) {
      const body = { kind: 'goodbye' } as const;
      this.router.send({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent', body });
    }
  }

  #takeUp({ configuration, seen, groups }: Remembered, records: Records): void {
    for (const sighting of seen) this.seen.note(sighting);
    if (configuration !== undefined) {
      this.#hooks.onAssociated();
      for (const record of groups) this.groups.open(record, configuration, records);
    }
    if (this.cluster !== undefined) this.#effects.push({ kind: 'associate', cluster: this.cluster });
  }

  /** A configuration is durable here for the first time: this radiant takes its places in it. */
  #begin(births: readonly GroupRecord[]): void {
    const configuration = this.configuration.current;
    if (configuration === undefined) return;
    this.#hooks.onAssociated();
    this.seen.keepOnly(new Set(configuration.orders.map(({ id }) => id)));
    if (this.founding.cluster === undefined) this.#effects.push({ kind: 'associate', cluster: configuration.cluster });
    for (const birth of births) this.groups.open(birth, configuration, NO_RECORDS);
    for (const peer of this.peers.livePeers()) this.founding.inform(peer);
    this.announcer.changed();
    this.connector.pursue(this.configuration.named());
    this.#hooks.onViewChange();
  }

  #makeGroups(): Groups {
    return new Groups({
      environment: this.options.environment,
      clock: this.clock,
      writer: this.writer,
      seen: this.seen,
      router: this.router,
      refusals: this.refusals,
      checkpointLogBytes: this.options.checkpointLogBytes ?? LIMITS.checkpointLogBytes,
      handshake: () => this.handshake,
      answerFor: (order) => (asked, answer) => this.requests.answer(asked, answer, order),
      missingQuorum: (order) => this.outlook.missingQuorum(order),
      onStanding: () => {
        this.announcer.changed();
        this.#hooks.onViewChange();
      },
    });
  }

  #makeHandshake(): Handshake {
    const { self, peers, seen, configuration } = this;
    const atStart = (order: Parameters<Groups['byOrder']['get']>[0]) => this.groups.byOrder.get(order)?.atStart;
    return new Handshake({ self, peers, seen, configuration, atStart, onLost: this.#hooks.onLost });
  }

  #makeFounding({ founding }: Remembered): Founding {
    const { self, options, configuration, peers, router, handshake } = this;
    const hooks = { onAdopted: (births: readonly GroupRecord[]) => this.#begin(births), onLost: this.#hooks.onLost };
    return new Founding({ self, options, founding, configuration, peers, router, handshake, hooks });
  }

  #makeAnnouncer(): Announcer {
    const { self, clock, peers, router, seen, configuration } = this;
    const { isFounder } = this.founding;
    const memberships = () => this.groups.memberships();
    return new Announcer({ self, clock, peers, router, seen, configuration, isFounder, memberships });
  }

  #makeRequests(): Requests {
    const { self, router, peers, outlook, configuration } = this;
    const effects = this.#effects;
    const groups = this.groups.byOrder;
    const onHeraldLearned = this.#hooks.onViewChange;
    return new Requests({ self, effects, router, peers, outlook, configuration, groups, onHeraldLearned });
  }

  #makeInbox(): Inbox {
    const { peers, router, refusals, groups, handshake, founding, announcer, requests } = this;
    const effects = this.#effects;
    const { onViewChange } = this.#hooks;
    return new Inbox({
      effects,
      peers,
      router,
      refusals,
      groups,
      handshake,
      founding,
      announcer,
      requests,
      onViewChange,
    });
  }
}

const NO_RECORDS: Records = new Map();
