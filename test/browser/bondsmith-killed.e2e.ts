/**
 * The bondsmith's tab is killed during a reconfiguration. Another tab completes it with the same result as without the
 * kill. A step is the moment right before or right after a flush. The tab halts at the step and is killed there.
 * `npm test` plays one step of a move. `npm run test:full` plays every step of every reconfiguration.
 */
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { AppendStream, readAll } from './harness/append-stream.ts';
import { expect, test } from './harness/fixtures.ts';
import { NamedTabs, type OrderShape } from './harness/named-tabs.ts';
import { LONG } from './harness/settled.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { World } from './harness/world.ts';
import type { Step, Written } from './pages/halts.ts';

const MEMBERS = ['one', 'two', 'three', 'four', 'five', 'six'];
const SPARE = 'spare';
/** A key in the moved shard. The shard is large enough to move in several pieces. */
const MOVED_KEY = 'ash';
const MOVED_SLOT = 7_423;
const MOVED_PIECES = 6;
/**
 * Slots at which shards are fractured. There is one for each order, so that the order of the bondsmith's tab is always
 * affected.
 */
const CUT_SLOTS = [2_000, 14_000];
const KEYS = [MOVED_KEY, 'cedar'];
/** Largest number of rounds that a pair may need until every step was met. */
const ROUNDS = 30;
/** Leaves the processors to the tabs that take over. */
const PAUSE_MS = 30;

/** The role of an order in a reconfiguration. */
type Part = 'sender' | 'receiver' | 'home' | 'other';

interface KillStep extends Required<Step> {
  /** The role of the order whose members meet the step. Undefined: the tab of every bondsmith meets it. */
  readonly at: Part | undefined;
}

type ReconfigurationName = 'move' | 'fracture' | 'consolidate' | 'join' | 'leave';

interface Reconfiguration {
  readonly name: string;
  readonly begin: (stage: Stage) => Promise<unknown>;
  /** The role of the order in this reconfiguration. */
  readonly partOf: (order: string | undefined, stage: Stage) => Part;
  readonly steps: readonly KillStep[];
}

const before = (written: Written, at?: Part, time = 1): KillStep => ({ written, at, side: 'before', time });
const after = (written: Written, at?: Part, time = 1): KillStep => ({ written, at, side: 'after', time });
/**
 * Steps at which the decision is made or committed, and other tabs may not know it. The tab of every bondsmith meets
 * these steps.
 */
const DECIDED = [before('configure'), after('configure'), before('configuration')];
const MEMBERS_CHANGED = [before('members', 'home'), before('membership', 'home'), before('members-reached', 'home')];
const MOVED = [
  ...DECIDED,
  before('freeze', 'sender'),
  after('freeze', 'sender'),
  before('install', 'receiver'),
  after('install', 'receiver'),
  before('last install', 'receiver'),
  after('last install', 'receiver'),
  before('configure', undefined, 2),
  after('configure', undefined, 2),
  before('discard', 'sender'),
  after('discard', 'sender'),
];

const EVERY_STEP: Readonly<Record<ReconfigurationName, readonly KillStep[]>> = {
  move: MOVED,
  fracture: DECIDED,
  consolidate: [...DECIDED, before('consolidate'), after('consolidate')],
  join: [...DECIDED, ...MEMBERS_CHANGED],
  leave: [...DECIDED, ...MEMBERS_CHANGED],
};

/** A step that the tab of every bondsmith meets in one of the two directions. */
const STEP_OF_MOVE = before('last install', 'receiver');

const move: Omit<Reconfiguration, 'steps'> = {
  name: 'move',
  begin: async ({ client, configuration }) => {
    const from = ownerOf(MOVED_SLOT, configuration);
    const to = configuration.orders.find(({ id }) => id !== from)?.id;
    if (to === undefined) throw new Error('The cluster has no second order.');
    await client.move(MOVED_SLOT, to);
  },
  partOf: (order, { configuration }) => (order === ownerOf(MOVED_SLOT, configuration) ? 'sender' : 'receiver'),
};

type Pair = readonly [Reconfiguration, Reconfiguration];

const movesWith = (steps: readonly KillStep[]): Pair => [
  { ...move, steps },
  { ...move, name: 'move back', steps },
];

/** Pairs of reconfigurations. The second one undoes the first, so that a pair can be repeated from the same state. */
const pairsWith = (steps: Readonly<Record<ReconfigurationName, readonly KillStep[]>>): readonly Pair[] => [
  movesWith(steps.move),
  [
    {
      name: 'fracture',
      begin: async ({ client }) => {
        for (const slot of CUT_SLOTS) await client.fracture(slot);
      },
      partOf: () => 'other',
      steps: steps.fracture,
    },
    {
      name: 'consolidate',
      begin: async ({ client }) => {
        for (const slot of CUT_SLOTS) await client.consolidate(slot);
      },
      partOf: () => 'other',
      steps: steps.consolidate,
    },
  ],
  [
    { name: 'join', begin: ({ tabs }) => tabs.start(SPARE), partOf: partInHome, steps: steps.join },
    { name: 'leave', begin: ({ tabs }) => tabs.leave(SPARE), partOf: partInHome, steps: steps.leave },
  ],
];

function ownerOf(slot: number, { orders }: Configuration): string | undefined {
  return orders.find(({ shards }) => shards.some(({ first, last }) => first <= slot && slot <= last))?.id;
}

function partInHome(order: string | undefined, { homeOfSpare }: Stage): Part {
  return order === homeOfSpare ? 'home' : 'other';
}

interface Stage {
  readonly tabs: NamedTabs;
  /** A client without replicas, which is never killed. It requests the reconfigurations and writes. */
  readonly client: StoreTab;
  configuration: Configuration;
  /** The order that the spare was a member of most recently. */
  homeOfSpare: string | undefined;
}

test("a move ends in the same state when the bondsmith's tab is killed before the last install", async ({ world }) => {
  test.setTimeout(180_000);
  await playPairs(world, [movesWith([STEP_OF_MOVE])]);
});

test("each reconfiguration ends in the same state when the bondsmith's tab is killed at any step", {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(400_000);
  await playPairs(world, pairsWith(EVERY_STEP));
});

async function playPairs(world: World, pairs: readonly Pair[]): Promise<void> {
  const server = await world.server();
  const device = await world.openDevice();
  const tabs = new NamedTabs(device, server, { radiants: MEMBERS.length, orders: 2, shards: 4 });
  for (const name of MEMBERS) await tabs.start(name);
  const secret = await tabs.at('one').secret();
  const client = await StoreTab.open(device, server, { secret, role: 'client', profile: 'own' });
  const stage: Stage = { tabs, client, configuration: await tabs.settled(client), homeOfSpare: undefined };
  for (let piece = 0; piece < MOVED_PIECES; piece++) await client.put(`{${MOVED_KEY}}${piece}`, 'x'.repeat(60_000));
  const stream = new AppendStream({ tabs: [client], keys: KEYS, pauseMs: PAUSE_MS });
  const startMs = performance.now();

  for (const pair of pairs) await playPair(stage, pair);

  await stream.untilAcknowledged(stream.acknowledged + 30);
  await stream.stop();
  console.log(
    `all reconfigurations took ${(performance.now() - startMs).toFixed(0)} ms; ${stream.acknowledged} of ${stream.started} ` +
      `appends were acknowledged, longest gap ${stream.longestGapMs(client, startMs).toFixed(0)} ms, failures ` +
      JSON.stringify(stream.failures),
  );
  expect(stream.faultsIn(await readAll(client, KEYS))).toEqual([]);
}

/** Plays the pair without a kill, and then with one kill at each step. */
async function playPair(stage: Stage, pair: Pair): Promise<void> {
  const undisturbed: (readonly OrderShape[])[] = [];
  for (const change of pair) undisturbed.push(await play(stage, change, undefined));
  // A move is undone by another move, so its steps may be met in either direction.
  const sets = new Map(pair.map(({ steps }) => [steps, new Set(steps)]));
  for (let round = 0; [...sets.values()].some(({ size }) => size > 0); round++) {
    if (round === ROUNDS)
      throw new Error(`these steps were never met: ${JSON.stringify([...sets.values()].map((left) => [...left]))}`);
    for (const [at, change] of pair.entries()) {
      const bondsmith = await stage.tabs.bondsmith(stage.client);
      const part = change.partOf(stage.tabs.orderOf(bondsmith, stage.configuration), stage);
      const left = sets.get(change.steps) ?? new Set();
      const step = next(left, part);
      const shape = await play(stage, change, step && { step, bondsmith });
      expect(shape, `${change.name}, with ${JSON.stringify(step)}`).toEqual(undisturbed[at]);
      if (step !== undefined) left.delete(step);
    }
  }
}

/** The role of the same order in the reconfiguration that undoes this one. */
const PART_IN_UNDOING: Readonly<Record<Part, Part>> = {
  sender: 'receiver',
  receiver: 'sender',
  home: 'home',
  other: 'other',
};

/**
 * Picks a step that the bondsmith's tab can meet. If it can meet none in either direction, a kill at `configure` makes
 * another tab the bondsmith.
 */
function next(left: ReadonlySet<KillStep>, part: Part): KillStep | undefined {
  const steps = [...left];
  const fitting = steps.find(({ at }) => at === part) ?? steps.find(({ at }) => at === undefined);
  if (fitting !== undefined || steps.length === 0) return fitting;
  return steps.some(({ at }) => at === PART_IN_UNDOING[part]) ? undefined : before('configure');
}

async function play(
  stage: Stage,
  { name, begin }: Reconfiguration,
  death: { readonly step: KillStep; readonly bondsmith: string } | undefined,
): Promise<readonly OrderShape[]> {
  const { tabs, client } = stage;
  const startMs = performance.now();
  if (death !== undefined) await tabs.at(death.bondsmith).haltAt(death.step);
  const begun = begin(stage);
  // The code below awaits `begun`. Until then, a rejection must not count as unhandled.
  begun.catch(() => undefined);
  let seen = '';
  if (death !== undefined) {
    const victim = tabs.at(death.bondsmith);
    await until(`the bondsmith of ${name} halts ${death.step.side} ${death.step.written}`, () => victim.hasHalted(), {
      ...LONG,
      intervalMs: 5,
    });
    seen = await describe(stage, death.bondsmith);
    await tabs.crash(death.bondsmith);
    // Another tab must become the bondsmith before the killed tab returns.
    await tabs.bondsmith(client);
    await tabs.start(death.bondsmith);
  }
  await begun;
  stage.configuration = await tabs.settled(client);
  stage.homeOfSpare = tabs.orderOf(SPARE, stage.configuration) ?? stage.homeOfSpare;
  const how =
    death === undefined ? 'undisturbed' : `killed ${death.step.side} ${death.step.written} ${death.step.time}`;
  console.log(`${name}: ${how}${seen}; settled after ${(performance.now() - startMs).toFixed(0)} ms`);
  return tabs.shapeOf(stage.configuration);
}

/** Describes the state that the other tabs see while the victim is halted. */
async function describe({ tabs }: Stage, victim: string): Promise<string> {
  const others = tabs.names.filter((name) => name !== victim);
  const views = await Promise.all(others.map((name) => tabs.at(name).radiant()));
  const numbers = views.map(({ formation }) => (formation.kind === 'formed' ? formation.configuration.number : 0));
  const moves = views.flatMap(({ orders }) =>
    orders.flatMap(({ replica }) => (replica?.moves ?? []).map(({ direction, stage }) => `${direction} ${stage}`)),
  );
  return ` (seen: configuration ${Math.max(...numbers)}${moves.length === 0 ? '' : `, ${[...new Set(moves)].join(', ')}`})`;
}
