import { expect, test } from 'vitest';
import { participantsOf } from '../../src/cluster/configuration.ts';
import { withChange } from '../../src/cluster/configuration-change.ts';
import type { ClusterFacts } from '../../src/cluster/cluster-facts.ts';
import { asReadNumber, type ReadNumber, type ReadOutcome } from '../../src/consensus/contract.ts';
import { type RequestOrigin, THIS_RADIANT, reject } from '../../src/radiant/replies.ts';
import { Administrations } from '../../src/radiant/bondsmith/administrations.ts';
import { DecidedRequests } from '../../src/radiant/bondsmith/decided-requests.ts';
import { PendingReads } from '../../src/radiant/herald/pending-reads.ts';
import { DeferredReplies } from '../../src/radiant/herald/deferred-replies.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import type { Answer } from '../../src/wire/frames/frame.ts';
import {
  asLogIndex,
  asRequestNumber,
  asSlot,
  type BootId,
  type ClientId,
  parseId,
} from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { founded, order, radiant } from '../cluster/worlds.ts';

const SLOT = asSlot(1_000);
const APPLIED = asLogIndex(1);

class Desk {
  readonly clock = { nowMs: 0, times: TIMES };
  configuration: Configuration;
  facts: ClusterFacts = { radiants: new Map(), orders: new Map(), times: TIMES.membership };
  readonly answers: Answer[] = [];
  /** The number of each answered request, with the answer. */
  readonly told: (readonly [number, Answer])[] = [];
  /** Read rounds under way. A round proves that this radiant still leads. Undefined: no round can begin. */
  rounds: ReadNumber[] | undefined = [];
  readonly #reads = new PendingReads(
    { consensus: { read: () => this.#beginRound() }, state: { applied: APPLIED }, leader: () => undefined },
    new DeferredReplies({ acknowledgeable: () => APPLIED }),
  );
  readonly #decided = new DecidedRequests();
  administrations = this.#office();

  constructor(radiants = 3) {
    this.configuration = founded({ radiants });
  }

  #office(): Administrations {
    return new Administrations(
      {
        clock: this.clock,
        configuration: () => this.configuration,
        facts: () => this.facts,
        answer: ({ id }, answer) => {
          this.answers.push(answer);
          this.told.push([id.number, answer]);
        },
        answerLater: (asked, read, answer) => this.#reads.add(asked, read, answer),
      },
      this.#decided,
    );
  }

  #beginRound(): ReadOutcome {
    if (this.rounds === undefined) return { kind: 'rejected', reason: 'overloaded' };
    const read = asReadNumber(this.rounds.length + 1);
    this.rounds.push(read);
    return { kind: 'accepted', read };
  }

  decide(): void {
    const change = this.administrations.next(this.configuration);
    if (change !== undefined) this.configuration = withChange(this.configuration, change);
  }

  round(): void {
    for (const read of this.rounds?.splice(0) ?? []) this.#reads.granted({ read, index: APPLIED });
    this.#reads.answerReady();
  }

  /** The bondsmith loses its leadership and is elected again. */
  reelect(): void {
    this.#reads.rejectAll('it stopped to lead');
    this.administrations.rejectAll(reject('NOT_HERALD', 'it stopped to be the bondsmith'));
    this.administrations = this.#office();
  }
}

function asker(client: number, number = 1): RequestOrigin {
  const id = String(client).repeat(32);
  return {
    requester: THIS_RADIANT,
    id: { client: parseId<ClientId>(id), clientBoot: parseId<BootId>(id), number: asRequestNumber(number) },
  };
}

test('a request is answered with the configuration that made its change, even if another request has undone it since', () => {
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

test('the refusal of a decided change leaves its effect unknown, and that of an undecided change excludes it', () => {
  const desk = new Desk();
  desk.administrations.add(asker(1), { kind: 'fracture', slot: SLOT });
  for (let times = 0; times <= LIMITS.configuration.decisionAttempts; times++)
    desk.administrations.next(desk.configuration);
  desk.administrations.add(asker(2), { kind: 'move', slot: SLOT, to: order(99) });
  desk.administrations.next(desk.configuration);
  desk.round();
  expect(desk.answers).toMatchObject([
    { kind: 'refusal', code: 'UNAVAILABLE', withoutEffect: false },
    { kind: 'refusal', code: 'UNKNOWN_ORDER', withoutEffect: true },
  ]);
});

test('a decided change may have taken effect if the bondsmith cannot confirm that it still leads', () => {
  const fracture = { kind: 'fracture', slot: SLOT } as const;
  const ends: readonly ((desk: Desk) => void)[] = [
    // The bondsmith can begin no read round.
    (desk) => {
      desk.rounds = undefined;
      desk.decide();
    },
    // The read round fails.
    (desk) => {
      desk.decide();
      desk.reelect();
    },
    // The change is requested twice, and the first request has no answer.
    (desk) => {
      desk.administrations.add(asker(1, 2), fracture);
      desk.reelect();
    },
  ];
  for (const end of ends) {
    const desk = new Desk();
    desk.administrations.add(asker(1), fracture);
    desk.decide();
    end(desk);
    const refusals = desk.answers.filter(({ kind }) => kind === 'refusal');
    expect(refusals).not.toEqual([]);
    for (const refusal of refusals) expect(refusal).toMatchObject({ kind: 'refusal', withoutEffect: false });
  }
});

test('an undecided change has no effect, even if the bondsmith loses its leadership', () => {
  const desk = new Desk();
  desk.administrations.add(asker(1), { kind: 'fracture', slot: SLOT });
  desk.reelect();
  expect(desk.answers).toMatchObject([{ kind: 'refusal', code: 'NOT_HERALD', withoutEffect: true }]);
});

test('the copy of a decided request is never refused as without effect, even in a later term', () => {
  const desk = new Desk();
  const fracture = { kind: 'fracture', slot: SLOT } as const;
  desk.administrations.add(asker(1, 7), fracture);
  desk.decide();
  desk.decide();
  desk.round();
  desk.reelect();
  // Only the latest `rememberedDecisions` of the further requests are remembered one by one.
  for (let number = 8; number < 8 + LIMITS.configuration.rememberedDecisions; number++) {
    desk.administrations.add(asker(2, number), { kind: 'consolidate', slot: SLOT });
    desk.decide();
    desk.administrations.add(asker(2, number), fracture);
    desk.decide();
    desk.decide();
  }
  desk.answers.length = 0;
  desk.administrations.add(asker(1, 7), fracture);
  desk.administrations.add(asker(1, 8), { kind: 'consolidate', slot: asSlot(9_999) });
  desk.reelect();
  expect(desk.answers.slice(-2)).toMatchObject([
    { kind: 'refusal', withoutEffect: false },
    { kind: 'refusal', withoutEffect: true },
  ]);
});

/** Facts in which all radiants are present, and the only order has not finished a membership change. */
function unsettled(desk: Desk): ClusterFacts {
  const here = { kind: 'present', forMs: Number.POSITIVE_INFINITY } as const;
  const voters = participantsOf(desk.configuration);
  return {
    times: TIMES.membership,
    radiants: new Map(voters.map((one) => [one.radiant, { ...one, durable: true, diskFull: false, presence: here }])),
    orders: new Map(
      desk.configuration.orders.map(({ id }) => [
        id,
        { herald: radiant(0), hasQuorum: true, voting: new Set(voters.map((one) => one.radiant)), isSettled: false },
      ]),
    ),
  };
}

test('a repeated request gets the reason why the change waits, and the change is made as soon as possible', () => {
  const desk = new Desk();
  desk.facts = unsettled(desk);
  const leave = { kind: 'leave', radiants: [radiant(2)] } as const;
  for (let number = 1; number <= 3; number++) {
    desk.administrations.add(asker(1, number), leave);
    // The network delivers the same request twice.
    desk.administrations.add(asker(1, number), leave);
    desk.decide();
    desk.clock.nowMs += TIMES.client.requestRetryMs;
  }
  desk.decide();
  const waits = { kind: 'refusal', code: 'UNAVAILABLE', withoutEffect: true };
  expect(desk.told).toMatchObject([
    [1, waits],
    [2, waits],
  ]);
  const [reason] = desk.told.map(([, answer]) => (answer.kind === 'refusal' ? answer.message : ''));
  expect(reason).toContain('not completed its previous change of members');
  desk.facts = { ...desk.facts, orders: new Map() };
  const { number } = desk.configuration;
  desk.decide();
  expect(desk.configuration.number).toBe(number + 1);
});

test('two clients with the same request both get the reason why the change waits, at every repetition', () => {
  const desk = new Desk();
  desk.facts = unsettled(desk);
  const leave = { kind: 'leave', radiants: [radiant(2)] } as const;
  desk.administrations.add(asker(1, 1), leave);
  desk.administrations.add(asker(1, 2), leave);
  desk.decide();
  expect(desk.told).toEqual([]);
  desk.clock.nowMs = TIMES.client.requestRetryMs;
  desk.administrations.add(asker(1, 3), leave);
  desk.administrations.add(asker(1, 4), leave);
  desk.decide();
  expect(desk.told.map(([number]) => number)).toEqual([1, 2]);
});
