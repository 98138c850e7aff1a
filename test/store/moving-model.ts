/** A simple model of an order with moving shards. It copies whole maps, and has neither ranges nor digests. */
import { keyOperation } from '../key-operation.ts';
import type { Command, MachineEntry } from '../../src/wire/entries/command.ts';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import type { ClientId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { zoneOfSlot, zonesOf } from './zones.ts';

/** The part of the state that moves with a zone. */
interface ZoneData {
  revision: number;
  readonly values: Map<string, string>;
  /** The outcomes of unfinished commands, by client and sequence number. */
  readonly outcomes: Map<string, { readonly client: ClientId; readonly sequence: number; readonly result: object }>;
}

interface ModelSession {
  lastUsedMs: number;
  finishedThrough: number;
  /** Whether the session was opened at this order, and no shard of the order was frozen since. */
  isLocal: boolean;
}

export type ModelZone =
  | { readonly kind: 'absent'; readonly epoch: number }
  | {
      readonly kind: 'active';
      readonly epoch: number;
      /** Sessions that may write to the zone, because all of their earlier outcomes are known. */
      readonly known: Set<ClientId>;
      readonly data: ZoneData;
    }
  | {
      readonly kind: 'frozen';
      readonly epoch: number;
      /** Name of the frozen shard. All zones of a frozen shard move together. */
      readonly shard: string;
      readonly data: ZoneData;
      readonly sessions: ReadonlyMap<ClientId, number>;
    }
  | {
      readonly kind: 'incoming';
      readonly epoch: number;
      readonly floor: number;
      readonly shard: string;
      readonly chunks: number;
    };

const refused = (code: string) => ({ kind: 'refused', code });
const CHANGED = { kind: 'changed' };
const UNCHANGED = { kind: 'unchanged' };

export class MovingModel {
  readonly zones: ModelZone[];
  readonly sessions = new Map<ClientId, ModelSession>();
  #nowMs = 0;

  constructor(owned: readonly boolean[]) {
    this.zones = owned.map((isOwned) => {
      return isOwned ? { kind: 'active', epoch: 1, known: new Set(), data: noData() } : { kind: 'absent', epoch: 0 };
    });
  }

  /** @param source model of the order that sends the shard, for an `install` entry */
  apply(entry: MachineEntry, source?: MovingModel): object {
    this.#nowMs = Math.max(this.#nowMs, entry.logTimeMs);
    for (const [client, { lastUsedMs }] of this.sessions) {
      if (lastUsedMs + TIMES.client.sessionExpiryMs > this.#nowMs) continue;
      this.sessions.delete(client);
      for (const zone of this.zones) if (zone.kind === 'active') zone.known.delete(client);
      this.#forget(client, Number.MAX_SAFE_INTEGER);
    }
    switch (entry.kind) {
      case 'open-session': {
        if (!this.sessions.has(entry.client)) {
          for (const zone of this.zones) if (zone.kind === 'active') zone.known.add(entry.client);
        }
        const session = this.sessions.get(entry.client) ?? { lastUsedMs: 0, finishedThrough: 0, isLocal: true };
        session.lastUsedMs = this.#nowMs;
        this.sessions.set(entry.client, session);
        return { kind: 'session-opened' };
      }
      case 'command':
        return this.#command(entry.client, entry.command);
      case 'freeze':
        return this.#freeze(entry.shard);
      case 'install':
        return this.#install(entry, source);
      case 'discard':
        return this.#letGo(textOf(entry.shard)) ? CHANGED : UNCHANGED;
      case 'consolidate': {
        const zones = zonesOf(entry.shard);
        if (!this.#areActiveBelow(zones, entry.shard.epoch)) return UNCHANGED;
        for (const zone of zones) this.#activate(zone, entry.shard.epoch, this.#knownIn(zone), this.#dataOf(zone));
        return CHANGED;
      }
      default:
        throw new Error(`no entry of ${entry.kind} is made here`);
    }
  }

  /** The data of a served or frozen zone. Undefined for other zones. */
  dataOf(zone: number): ZoneData | undefined {
    const state = this.zones[zone];
    return state?.kind === 'active' || state?.kind === 'frozen' ? state.data : undefined;
  }

  #command(client: ClientId, command: Command): object {
    const zone = this.zones[zoneOfSlot(command.slot)];
    if (zone?.kind !== 'active' || zone.epoch !== command.shardEpoch) return refused('WRONG_SHARD');
    const session = this.sessions.get(client);
    if (session !== undefined) session.lastUsedMs = this.#nowMs;
    if (session === undefined || !zone.known.has(client)) return refused('UNKNOWN_SESSION');
    session.finishedThrough = Math.max(session.finishedThrough, command.finishedThrough);
    this.#forget(client, session.finishedThrough);
    if (command.sequence <= session.finishedThrough) return refused('STALE_REQUEST');
    const { data } = zone;
    const place = `${client} ${command.sequence}`;
    const before = data.outcomes.get(place);
    if (before !== undefined) return before.result;
    const result = execute(command, data);
    data.outcomes.set(place, { client, sequence: command.sequence, result });
    return result;
  }

  #freeze(shard: ShardRange): object {
    const { epoch } = shard;
    const zones = zonesOf(shard);
    if (!this.#areActiveBelow(zones, epoch)) return UNCHANGED;
    const known = [...this.sessions].filter(([client]) => zones.every((zone) => this.#knownIn(zone).has(client)));
    const sessions = new Map(known.map(([client, { finishedThrough }]) => [client, finishedThrough]));
    for (const zone of zones) {
      const data = this.#dataOf(zone);
      for (const [place, { client }] of data.outcomes) if (!sessions.has(client)) data.outcomes.delete(place);
      this.zones[zone] = { kind: 'frozen', epoch, shard: textOf(shard), data, sessions };
    }
    for (const session of this.sessions.values()) session.isLocal = false;
    return CHANGED;
  }

  #install(entry: Extract<MachineEntry, { kind: 'install' }>, source: MovingModel | undefined): object {
    const { chunk, isLast } = entry;
    const { epoch } = entry.shard;
    const shard = textOf(entry.shard);
    const zones = zonesOf(entry.shard);
    const states = zones.flatMap((zone) => this.zones[zone] ?? []);
    const isNew = chunk === 0 && states.every((state) => state.kind !== 'active' && state.epoch < epoch);
    const isNext = states.every((state) => {
      return state.kind === 'incoming' && state.shard === shard && state.chunks === chunk;
    });
    if (!isNext && !isNew) return UNCHANGED;
    for (const state of states) {
      if (state.kind === 'frozen' || (state.kind === 'incoming' && !isNext)) this.#letGo(state.shard);
    }
    for (const zone of zones) {
      const before = this.zones[zone];
      const floor = before?.kind === 'incoming' ? before.floor : (before?.epoch ?? 0);
      this.zones[zone] = { kind: 'incoming', epoch, floor, shard, chunks: chunk + 1 };
    }
    if (isLast) this.#arrive(zones, epoch, source);
    return CHANGED;
  }

  #arrive(zones: readonly number[], epoch: number, source: MovingModel | undefined): void {
    const local = [...this.sessions].flatMap(([client, { isLocal }]) => (isLocal ? [client] : []));
    for (const zone of zones) {
      const frozen = source?.zones[zone];
      if (frozen?.kind !== 'frozen' || frozen.epoch !== epoch) throw new Error('what comes was frozen');
      this.#activate(zone, epoch, new Set([...local, ...frozen.sessions.keys()]), copyOf(frozen.data));
      for (const [client, finishedThrough] of frozen.sessions) {
        const session = this.sessions.get(client) ?? { lastUsedMs: 0, finishedThrough: 0, isLocal: false };
        session.lastUsedMs = this.#nowMs;
        session.finishedThrough = Math.max(session.finishedThrough, finishedThrough);
        this.sessions.set(client, session);
      }
    }
    for (const [client, { finishedThrough }] of this.sessions) this.#forget(client, finishedThrough);
  }

  #letGo(shard: string): boolean {
    let isHere = false;
    for (const [zone, state] of this.zones.entries()) {
      if ((state.kind !== 'frozen' && state.kind !== 'incoming') || state.shard !== shard) continue;
      isHere ||= state.kind === 'frozen';
      this.zones[zone] = { kind: 'absent', epoch: state.kind === 'frozen' ? state.epoch : state.floor };
    }
    return isHere;
  }

  #areActiveBelow(zones: readonly number[], epoch: number): boolean {
    return zones.every((zone) => this.zones[zone]?.kind === 'active' && this.zones[zone].epoch < epoch);
  }

  #activate(zone: number, epoch: number, known: Set<ClientId>, data: ZoneData): void {
    this.zones[zone] = { kind: 'active', epoch, known, data };
  }

  #knownIn(zone: number): Set<ClientId> {
    const state = this.zones[zone];
    return state?.kind === 'active' ? state.known : new Set();
  }

  #dataOf(zone: number): ZoneData {
    return this.dataOf(zone) ?? noData();
  }

  /** Removes the outcomes of finished commands from served zones. Frozen zones do not change. */
  #forget(client: ClientId, finishedThrough: number): void {
    for (const zone of this.zones) {
      if (zone.kind !== 'active') continue;
      for (const [place, outcome] of zone.data.outcomes) {
        if (outcome.client === client && outcome.sequence <= finishedThrough) zone.data.outcomes.delete(place);
      }
    }
  }
}

function execute(command: Command, data: ZoneData): object {
  const operation = keyOperation(command);
  const key = Buffer.from(operation.key).toString();
  const before = data.values.get(key);
  data.revision++;
  if (operation.kind === 'delete') data.values.delete(key);
  else {
    const kept = operation.kind === 'append' ? (before ?? '') : '';
    data.values.set(key, kept + Buffer.from(operation.value).toString());
  }
  const versionstamp = { generation: 0, revision: data.revision };
  return { kind: 'written', versionstamp, existed: before !== undefined };
}

function noData(): ZoneData {
  return { revision: 0, values: new Map(), outcomes: new Map() };
}

function copyOf({ revision, values, outcomes }: ZoneData): ZoneData {
  return { revision, values: new Map(values), outcomes: new Map(outcomes) };
}

function textOf({ first, last, epoch }: ShardRange): string {
  return `${first}-${last}@${epoch}`;
}
