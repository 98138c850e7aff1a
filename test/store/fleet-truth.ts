/** The expected effects of commands. The first answer to a command at any order determines its effect. */
import { expect } from 'vitest';
import type { ApplyResult } from '../../src/store/contract.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Operation } from '../../src/wire/entries/command.ts';
import type { ClientId } from '../../src/wire/identifiers.ts';
import { ZONES, zoneOfKey } from './zones.ts';

/** One transmission of a command. */
export interface Sending {
  readonly client: ClientId;
  readonly sequence: number;
  readonly key: string;
  readonly operation: Operation;
  readonly order: number;
  readonly shardEpoch: number;
}

export class FleetTruth {
  readonly #zones = ZONES.map(() => ({ revision: 0, values: new Map<string, string>() }));
  readonly #first = new Map<string, object>();
  /** Names of the transmissions that were refused because of an unknown session. */
  readonly #unknown = new Set<string>();

  /** Expected values of a zone, by key. */
  valuesOf(zone: number): ReadonlyMap<string, string> {
    return this.#zones[zone]?.values ?? new Map<string, string>();
  }

  take({ client, sequence, key, operation, order, shardEpoch }: Sending, result: ApplyResult): void {
    const place = `${client} ${sequence}`;
    const sending = `${place} to ${order} at ${shardEpoch}`;
    if (result.kind === 'refused' && result.code === 'UNKNOWN_SESSION') this.#unknown.add(sending);
    if (result.kind !== 'written') return;
    const first = this.#first.get(place);
    if (first !== undefined) {
      // A command takes effect once, however often and wherever it is sent.
      expect(result).toEqual(first);
      return;
    }
    // After this refusal, the client may have sent the command in a new session. The refused transmission itself must
    // never take effect.
    if (this.#unknown.has(sending)) expect.fail('a command that was refused as unknown takes effect');
    this.#first.set(place, result);
    const zone = this.#zones[zoneOfKey(key)];
    assert(zone !== undefined, 'every key lies in a zone');
    zone.revision++;
    expect(result).toMatchObject({ versionstamp: { generation: 0, revision: zone.revision } });
    carryOut(operation, key, zone.values);
  }
}

function carryOut(operation: Operation, key: string, values: Map<string, string>): void {
  if (operation.kind === 'delete') values.delete(key);
  else {
    const kept = operation.kind === 'append' ? (values.get(key) ?? '') : '';
    values.set(key, kept + Buffer.from(operation.value).toString());
  }
}
