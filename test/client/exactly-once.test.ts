import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { KEYS, MovingWorld, ORDERS } from './moving-world.ts';

const at = fc.nat(31);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), at }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('arrive'), at }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('reply'), at }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('advance'), at, to: fc.nat(ORDERS - 1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('show') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), durationMs: fc.constantFrom(50, 100, 500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('abort', 'lose-request', 'lose-reply'), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget'), at }) },
);

type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

function take(world: MovingWorld, taken: Step): void {
  const { kind } = taken;
  if (kind === 'append') world.append(taken.at);
  else if (kind === 'arrive') world.arrive(taken.at);
  else if (kind === 'reply') world.reply(taken.at);
  else if (kind === 'advance') world.advance(taken.at, taken.to);
  else if (kind === 'show') world.show();
  else if (kind === 'pass') world.pass(taken.durationMs);
  else if (kind === 'abort') world.abort(taken.at);
  else if (kind === 'lose-request') world.loseRequest(taken.at);
  else if (kind === 'lose-reply') world.loseReply(taken.at);
  else if (kind === 'forget') world.forgetSessions(taken.at);
  else world.restart();
}

/** Returns a description of each broken promise. All calls of the world must be settled. */
function faultsIn(world: MovingWorld): readonly string[] {
  const faults = world.wronglyStale.map((token) => `${token} was taken for finished while it was waited for`);
  for (const { number, key, token } of world.calls) {
    const times = world.tokens(key).filter((found) => found === token).length;
    const [least, most] = world.bounds(number);
    if (world.bench.gist(number) === undefined) faults.push(`${token} was never answered`);
    if (times < least || times > most) faults.push(`${token} is there ${times} times: ${world.bench.gist(number)}`);
  }
  for (const key of KEYS.keys()) {
    const acknowledged = world.calls.filter((call) => call.key === key && world.bench.gist(call.number) === 'written');
    const wanted = acknowledged.map(({ token }) => token);
    const found = world.tokens(key).filter((token) => wanted.includes(token));
    if (found.join('') !== wanted.join('')) faults.push(`${KEYS[key]} has ${found.join('')}, not ${wanted.join('')}`);
  }
  return faults;
}

test('each write takes effect once, or as its error says, while shards move and messages are lost', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const world = new MovingWorld();
      for (const each of steps) take(world, each);
      world.heal();
      expect(faultsIn(world)).toEqual([]);
    }),
    { numRuns: extent(300, 2_000) },
  );
});
