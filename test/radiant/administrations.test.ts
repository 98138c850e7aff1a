import { expect, test } from 'vitest';
import { withChange } from '../../src/cluster/configuration-change.ts';
import { Administrations } from '../../src/radiant/bondsmith/administrations.ts';
import { type Asked, OWN } from '../../src/radiant/answers.ts';
import type { Configuration } from '../../src/wire/configuration.ts';
import type { Answer } from '../../src/wire/frame.ts';
import { asRequestNumber, asSlot, type BootId, type ClientId, parseId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { founded, order } from '../cluster/worlds.ts';

const SLOT = asSlot(1_000);
const NOTHING_OBSERVED = { radiants: new Map(), orders: new Map() };

class Desk {
  configuration: Configuration = founded({ radiants: 3 });
  readonly answers: Answer[] = [];
  /** Those that wait for the round that shows that nobody else leads. */
  readonly reads: (() => Answer)[] = [];
  readonly administrations = new Administrations({
    nowMs: () => 0,
    configuration: () => this.configuration,
    facts: () => NOTHING_OBSERVED,
    answer: (_, answer) => this.answers.push(answer),
    answerLater: (_, read) => this.reads.push(read),
  });

  decide(): void {
    const change = this.administrations.next(this.configuration);
    if (change !== undefined) this.configuration = withChange(this.configuration, change);
  }

  round(): void {
    for (const read of this.reads.splice(0)) this.answers.push(read());
  }
}

function asker(number: number): Asked {
  const id = String(number).repeat(32);
  return {
    asker: OWN,
    id: { client: parseId<ClientId>(id), clientBoot: parseId<BootId>(id), number: asRequestNumber(1) },
  };
}

test('whoever asked is answered with the configuration in which it was so, even if another has undone it meanwhile', () => {
  const desk = new Desk();
  desk.administrations.add(asker(1), { kind: 'fracture', slot: SLOT });
  desk.decide();
  const fractured = desk.configuration;
  desk.administrations.add(asker(2), { kind: 'consolidate', slot: SLOT });
  desk.decide();
  expect(desk.configuration.number).toBe(fractured.number + 1);
  desk.round();
  expect(desk.answers).toEqual([{ kind: 'configuration', configuration: fractured }]);
});

test('what was decided on, and is refused in the end, may have had an effect; what never was had none', () => {
  const desk = new Desk();
  desk.administrations.add(asker(1), { kind: 'fracture', slot: SLOT });
  for (let times = 0; times <= LIMITS.decisionAttempts; times++) desk.administrations.next(desk.configuration);
  desk.administrations.add(asker(2), { kind: 'move', slot: SLOT, to: order(99) });
  desk.administrations.next(desk.configuration);
  desk.round();
  expect(desk.answers).toMatchObject([
    { kind: 'refusal', code: 'UNAVAILABLE', withoutEffect: false },
    { kind: 'refusal', code: 'UNKNOWN_ORDER', withoutEffect: true },
  ]);
});
