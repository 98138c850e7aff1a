/** Design, rule 6, end to end: a bondsmith decides on members as tabs come and go, while calls continue. */
import { expect, test } from 'vitest';
import type { OrderView } from '../../src/radiant/contract.ts';
import { TIMES } from '../../src/wire/times.ts';
import { append, get, gist, foundedTabs, type SmallWorld } from './small-world.ts';

const NOTICED_MS = 2_000;
/** Pause between two appends. */
const PAUSE_MS = 100;
/** Time limit in real time on a busy machine. Minutes of virtual time pass in a test. */
const PATIENCE_MS = 120_000;

function openBeside(world: SmallWorld, name: string): void {
  const others = [...world.tabs.values()].filter(({ alive }) => alive);
  world.open(name);
  for (const other of others) world.link(name, other.name);
}

/** Closes a tab, which says goodbye. */
function close(world: SmallWorld, name: string): void {
  world.event(name, { kind: 'page-hidden-for-good' });
  for (const other of world.tabs.keys()) if (other !== name) world.unlink(name, other, 'goodbye');
  world.kill(name);
}

function nameOf(world: SmallWorld, radiant: string | undefined): string {
  return [...world.tabs.values()].find(({ id }) => id === radiant)?.name ?? 'nobody';
}

/** The voters and, after a comma, the learners of an order in a tab's view. The companion has a star. */
function formOf(world: SmallWorld, order: OrderView | undefined): string {
  const starred = (replica: number) => (order?.replica?.companion === replica ? '*' : '');
  const names = (memberKind: string) =>
    (order?.members ?? [])
      .filter((member) => member.memberKind === memberKind)
      .map(({ radiant, replica }) => `${nameOf(world, radiant)}${starred(replica)}`)
      .sort()
      .join(' ');
  return [names('voter'), names('learner')].filter((part) => part !== '').join(', ');
}

/** The members of the order with the data, and those of the bondsmith's order. */
function formsOf(world: SmallWorld, name: string): readonly string[] {
  const { orders, bondsmith } = world.tab(name).radiant.view();
  return [...orders, bondsmith].map((order) => formOf(world, order));
}

/** Appends unique values from one tab without a pause. */
class Stream {
  readonly #world: SmallWorld;
  readonly #name: string;
  #expected = '';
  #count = 0;
  longestGapMs = 0;

  constructor(world: SmallWorld, name: string) {
    this.#world = world;
    this.#name = name;
  }

  runFor(durationMs: number): void {
    const endMs = this.#world.nowMs + durationMs;
    while (this.#world.nowMs < endMs) this.#append();
  }

  until(condition: () => boolean, patienceMs: number): void {
    const endMs = this.#world.nowMs + patienceMs;
    while (!condition()) {
      if (this.#world.nowMs > endMs) throw new Error(`still ${formsOf(this.#world, this.#name).join(' | ')}`);
      this.#append();
    }
  }

  /** Checks that a tab reads every appended value exactly once. */
  check(name: string): void {
    expect(gist(this.#world.ask(name, get('log')))).toBe(`"${this.#expected}"`);
  }

  #append(): void {
    const token = `${this.#count++};`;
    const startMs = this.#world.nowMs;
    expect(gist(this.#world.ask(this.#name, append('log', token)))).toBe('written');
    this.longestGapMs = Math.max(this.longestGapMs, this.#world.nowMs - startMs);
    this.#expected += token;
    this.#world.run(PAUSE_MS);
  }
}

test(
  'one tab works alone, a second is its companion, a third makes three voters, and the order shrinks again',
  () => {
    const world = foundedTabs(1);
    const stream = new Stream(world, 't1');
    const become = (form: string, patienceMs: number) =>
      stream.until(() => formsOf(world, 't1').every((one) => one === form), patienceMs);
    stream.runFor(1_000);
    expect(formsOf(world, 't1')).toEqual(['t1', 't1']);

    openBeside(world, 't2');
    become('t1, t2*', 5_000);
    openBeside(world, 't3');
    become('t1, t2* t3', 5_000);
    stream.runFor(TIMES.membership.promotionMs - 5_000);
    expect(formsOf(world, 't1')).toEqual(['t1, t2* t3', 't1, t2* t3']);
    become('t1 t2 t3', 10_000);

    close(world, 't3');
    become('t1, t2*', TIMES.membership.awayMs + 2 * NOTICED_MS);
    openBeside(world, 't4');
    become('t1 t2 t4', TIMES.membership.promotionMs + 10_000);

    world.kill('t4');
    stream.runFor(TIMES.membership.deadAfterMs - NOTICED_MS);
    expect(formsOf(world, 't1')).toEqual(['t1 t2 t4', 't1 t2 t4']);
    become('t1, t2*', 10_000);
    openBeside(world, 't5');
    become('t1 t2 t5', TIMES.membership.promotionMs + 10_000);

    world.event('t5', { kind: 'leave' });
    become('t1, t2*', 10_000);
    stream.until(() => world.tab('t5').radiant.view().leaving?.kind === 'left', NOTICED_MS);
    close(world, 't2');
    stream.runFor(NOTICED_MS);
    expect(formsOf(world, 't1')).toEqual(['t1, t2', 't1, t2']);
    become('t1', TIMES.membership.awayMs + NOTICED_MS);
    stream.check('t1');
    expect(stream.longestGapMs).toBeLessThan(5_000);
  },
  PATIENCE_MS,
);

test(
  'tabs come and leave one by one, the oldest first, and the last one has every write',
  () => {
    const world = foundedTabs(1);
    const names = ['t1', 't2', 't3', 't4', 't5'];
    for (const name of names.slice(1)) {
      openBeside(world, name);
      world.until(() => formsOf(world, name)[0]?.includes(name) === true);
    }
    world.until(() => formsOf(world, 't5').every((form) => form.startsWith('t1 t2 t3')), 60_000);
    const stream = new Stream(world, 't5');
    stream.runFor(1_000);
    for (const name of names.slice(0, -1)) {
      world.event(name, { kind: 'leave' });
      stream.until(() => world.tab(name).radiant.view().leaving?.kind === 'left', 60_000);
      close(world, name);
      stream.runFor(200);
    }
    expect(formsOf(world, 't5')).toEqual(['t5', 't5']);
    stream.check('t5');
    expect(stream.longestGapMs).toBeLessThan(5_000);
    expect([...world.tabs.values()].flatMap(({ halted }) => halted ?? [])).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'tabs leave one by one, the youngest first, and no write waits for a leaving tab',
  () => {
    const world = foundedTabs(1);
    const names = ['t2', 't3', 't4'];
    for (const name of names) {
      openBeside(world, name);
      world.until(() => formsOf(world, name)[0]?.includes(name) === true);
    }
    world.until(() => formsOf(world, 't1').every((form) => form.startsWith('t1 t2 t3')), 60_000);
    const stream = new Stream(world, 't1');
    stream.runFor(1_000);
    for (const name of names.toReversed()) {
      world.event(name, { kind: 'leave' });
      stream.until(() => world.tab(name).radiant.view().leaving?.kind === 'left', 5_000);
      close(world, name);
      stream.runFor(200);
    }
    expect(formsOf(world, 't1')).toEqual(['t1', 't1']);
    stream.check('t1');
    expect(stream.longestGapMs).toBeLessThan(500);
  },
  PATIENCE_MS,
);
