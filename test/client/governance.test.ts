/** Calls to the bondsmith: changes of the configuration, and queries of it. */
import { expect, test } from 'vitest';
import type { Call } from '../../src/client/contract.ts';
import { ERROR_CODES, parseErrorCode } from '../../src/wire/errors.ts';
import { asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { Bench, BONDSMITH, configurationOf, order, radiant, refusal, WHOLE_RING } from './bench.ts';

const CONFIGURATION = configurationOf(7, [[WHOLE_RING], []]);
const ANSWER = { kind: 'configuration', configuration: CONFIGURATION } as const;
const MOVE: Call = { kind: 'administer', administration: { kind: 'move', slot: asSlot(5), to: order(2) } };
const QUERY: Call = { kind: 'query', number: 3 };

function formedBench(): Bench {
  const bench = new Bench();
  bench.show({ herald: radiant(1), configuration: CONFIGURATION });
  return bench;
}

test('an administration is sent to the bondsmith without a session and returns the configuration', () => {
  const bench = formedBench();
  const calls = [MOVE, QUERY, { kind: 'query', number: undefined } as const].map((call) => bench.call(call));
  expect(bench.asked.map(({ order: asked, question }) => [asked, question.kind])).toEqual([
    [BONDSMITH, 'administer'],
    [BONDSMITH, 'query'],
    [BONDSMITH, 'query'],
  ]);
  for (const request of bench.asked) bench.answer(request, ANSWER);
  for (const call of calls) expect(bench.outcomes.get(call)).toEqual(ANSWER);
});

test('a call without an answer is sent again; a change then has an unknown outcome and a query does not', () => {
  const bench = formedBench();
  const [move, query] = [bench.call(MOVE), bench.call(QUERY)];
  bench.pass(TIMES.client.requestRetryMs);
  expect(bench.all('administer')).toHaveLength(2);
  bench.pass(TIMES.client.requestDeadlineMs);
  expect(bench.gist(move)).toBe('OUTCOME_UNKNOWN');
  expect(bench.message(move)).toMatch(
    /^No answer came in time\. The change may have taken effect.*Look at the configuration/u,
  );
  expect(bench.gist(query)).toBe('UNAVAILABLE');
});

test.each(['SHARD_MOVING', 'UNKNOWN_ORDER', 'SHARDS_APART', 'LAST_RADIANT', 'CONFIGURATION_FULL'] as const)(
  '%s settles the call',
  (code) => {
    const bench = formedBench();
    const call = bench.call(MOVE);
    bench.answer(bench.last('administer'), refusal(code, true));
    expect(bench.gist(call)).toBe(code);
  },
);

test.each(['NOT_HERALD', 'OVERLOADED', 'UNAVAILABLE', 'WRONG_SHARD'] as const)(
  'a call that the bondsmith refused with %s is sent again after a moment',
  (code) => {
    const bench = formedBench();
    const call = bench.call(MOVE);
    bench.answer(bench.last('administer'), refusal(code, true));
    bench.pass(TIMES.client.refusalRetryMs);
    expect(bench.all('administer')).toHaveLength(2);
    bench.answer(bench.last('administer'), ANSWER);
    expect(bench.gist(call)).toBe('configuration');
  },
);

test.each([
  ['NO_QUORUM', 'NO_QUORUM', 'Refused'],
  ['UNAVAILABLE', 'UNAVAILABLE', 'Refused'],
  ['NOT_HERALD', 'UNAVAILABLE', 'No herald'],
  ['WRONG_SHARD', 'UNAVAILABLE', 'No herald'],
] as const)(
  'a call that is refused with %s until its deadline fails with %s and the reason',
  (code, ending, reason) => {
    const bench = formedBench();
    const call = bench.call(MOVE);
    let answered = 0;
    while (bench.gist(call) === undefined) {
      for (const request of bench.asked.slice(answered)) bench.answer(request, refusal(code, true));
      answered = bench.asked.length;
      bench.pass(TIMES.raft.tickMs);
    }
    expect(bench.gist(call)).toBe(ending);
    expect(bench.message(call)).toContain(reason);
    expect(bench.nowMs).toBe(TIMES.client.requestDeadlineMs);
  },
);

test('a change that may have taken effect never fails with an error of effect none, whatever code the bondsmith answers', () => {
  const codes = Object.keys(ERROR_CODES).flatMap((text) => parseErrorCode(text) ?? []);
  const wrong = codes.filter((code) => {
    const bench = formedBench();
    const call = bench.call(MOVE);
    bench.answer(bench.last('administer'), refusal(code, false));
    bench.pass(TIMES.client.requestDeadlineMs);
    const outcome = bench.outcomes.get(call);
    return outcome?.kind !== 'failed' || outcome.error.effect === 'none';
  });
  expect(wrong).toEqual([]);
});

test('an unknown outcome still states the reason of the last refusal', () => {
  const bench = formedBench();
  const call = bench.call(MOVE);
  bench.answer(bench.last('administer'), refusal('NO_QUORUM', false));
  bench.pass(TIMES.client.requestDeadlineMs);
  expect(bench.gist(call)).toBe('OUTCOME_UNKNOWN');
  expect(bench.message(call)).toContain('Refused');
});

test('a call whose latest sending is unanswered fails at its deadline with the last reason and an unknown outcome', () => {
  const bench = formedBench();
  const call = bench.call(MOVE);
  let told = 0;
  while (bench.gist(call) === undefined) {
    // The newest request is left unanswered.
    for (const request of bench.asked.slice(told, -1)) bench.answer(request, refusal('UNAVAILABLE', true));
    told = bench.asked.length - 1;
    bench.pass(TIMES.raft.tickMs);
  }
  expect(bench.asked.length).toBe(TIMES.client.requestDeadlineMs / TIMES.client.requestRetryMs);
  expect(bench.gist(call)).toBe('OUTCOME_UNKNOWN');
  expect(bench.message(call)).toMatch(/^Refused\. The change may have taken effect/u);
});

test.each(['NOT_HERALD', 'WRONG_SHARD'] as const)(
  'a refusal of the bondsmith stays the reason although another radiant answers %s later',
  (code) => {
    const bench = formedBench();
    const call = bench.call(MOVE);
    bench.answer(bench.last('administer'), refusal('NO_QUORUM', true));
    let answered = 1;
    while (bench.gist(call) === undefined) {
      for (const request of bench.asked.slice(answered)) {
        bench.answer(request, refusal(code, true, 'another is to be asked'));
      }
      answered = bench.asked.length;
      bench.pass(TIMES.raft.tickMs);
    }
    expect(bench.gist(call)).toBe('NO_QUORUM');
    expect(bench.message(call)).toBe('Refused.');
  },
);

test('without a majority of the bondsmith’s order a change fails and names the missing voters', () => {
  const bench = new Bench();
  bench.show({ herald: undefined, reachable: [1], configuration: CONFIGURATION });
  bench.pass(TIMES.client.quorumPatienceMs);
  const call = bench.call(MOVE);
  expect(bench.gist(call)).toBe('NO_QUORUM');
  expect(bench.message(call)).toContain(radiant(2).slice(0, 6));
});

test('an invalid change is rejected before it is sent', () => {
  const bench = formedBench();
  const many = Array.from({ length: LIMITS.configuration.radiants + 1 }, () => radiant(1));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  const slot = (value: number) => value as ReturnType<typeof asSlot>;
  const wrong: Call[] = [
    { kind: 'query', number: 0 },
    { kind: 'query', number: 1.5 },
    { kind: 'administer', administration: { kind: 'move', slot: slot(SLOT_COUNT), to: order(1) } },
    { kind: 'administer', administration: { kind: 'fracture', slot: slot(0.5) } },
    { kind: 'administer', administration: { kind: 'consolidate', slot: slot(-1) } },
    { kind: 'administer', administration: { kind: 'leave', radiants: [] } },
    { kind: 'administer', administration: { kind: 'leave', radiants: many } },
  ];
  for (const call of wrong) {
    expect(() => bench.call(call)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
  expect(bench.asked).toEqual([]);
});
