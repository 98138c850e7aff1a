import { expect, test } from 'vitest';
import { LeaveProcess, type Leaver } from '../../src/hosts/leave-process.ts';
import type { LeavingView } from '../../src/radiant/contract.ts';
import type { RadiantId } from '../../src/wire/identifiers.ts';
import { randomId } from './device.ts';

class Radiant implements Leaver {
  readonly radiant = randomId<RadiantId>();
  leaving: LeavingView | undefined;
  readonly heard: string[] = [];

  view() {
    return { leaving: this.leaving };
  }

  alsoLeaving: readonly RadiantId[] | undefined;

  handle(event: Parameters<Leaver['handle']>[0]): void {
    this.heard.push(event.kind);
    if (event.kind === 'leave') this.alsoLeaving = event.alsoLeaving;
    this.leaving = event.kind === 'leave' ? { kind: 'asking', refusal: undefined } : undefined;
  }
}

test('a tab has left when the cluster counts on none of its radiants', async () => {
  const radiants = [new Radiant(), new Radiant()];
  const departure = new LeaveProcess(() => radiants);
  const caller = departure.wait();
  departure.reconcile();
  for (const radiant of radiants) {
    departure.reconcile();
    expect(radiant.heard).toEqual(['leave']);
    radiant.leaving = { kind: 'left' };
  }
  departure.reconcile();
  await caller.done;
});

test('each radiant is told which others leave, and again after another tab adopted one of them', () => {
  const radiants = [new Radiant(), new Radiant(), new Radiant()];
  const [first, second, third] = radiants;
  const departure = new LeaveProcess(() => radiants);
  departure.reconcile();
  expect(radiants.map(({ alsoLeaving }) => alsoLeaving)).toEqual([
    [second?.radiant, third?.radiant],
    [first?.radiant, third?.radiant],
    [first?.radiant, second?.radiant],
  ]);
  radiants.pop();
  departure.reconcile();
  expect(radiants.map(({ alsoLeaving }) => alsoLeaving)).toEqual([[second?.radiant], [first?.radiant]]);
});

test('another boot is told again that it is to leave', () => {
  const radiant = new Radiant();
  const departure = new LeaveProcess(() => [radiant]);
  departure.reconcile();
  radiant.leaving = undefined;
  departure.reconcile();
  expect(radiant.heard).toEqual(['leave', 'leave']);
});

test('a temporary refusal is waited out, and a final one ends the leave, so that the remaining radiants stay', async () => {
  const [gone, last] = [new Radiant(), new Radiant()];
  const departure = new LeaveProcess(() => [gone, last]);
  const caller = departure.wait();
  departure.reconcile();
  last.leaving = {
    kind: 'asking',
    refusal: { code: 'NOT_HERALD', message: 'another is to be asked', withoutEffect: true },
  };
  departure.reconcile();
  gone.leaving = { kind: 'left' };
  last.leaving = {
    kind: 'asking',
    refusal: { code: 'LAST_RADIANT', message: 'nobody else is here', withoutEffect: true },
  };
  departure.reconcile();
  await expect(caller.done).rejects.toMatchObject({ code: 'LAST_RADIANT', effect: 'unknown' });
  expect(last.heard).toEqual(['leave', 'stay']);
  departure.reconcile();
  expect(last.heard).toHaveLength(2);
});

test.each([
  [true, 'none'],
  [false, 'unknown'],
] as const)(
  'a final refusal has the effect that the bondsmith reports: without effect %s, %s',
  async (withoutEffect, effect) => {
    const radiant = new Radiant();
    const departure = new LeaveProcess(() => [radiant]);
    const caller = departure.wait();
    departure.reconcile();
    radiant.leaving = {
      kind: 'asking',
      refusal: { code: 'LAST_RADIANT', message: 'nobody else is here', withoutEffect },
    };
    departure.reconcile();
    await expect(caller.done).rejects.toMatchObject({ code: 'LAST_RADIANT', effect, message: 'Nobody else is here.' });
  },
);

test('a tab whose caller gives up stays', async () => {
  const radiant = new Radiant();
  const departure = new LeaveProcess(() => [radiant]);
  const caller = departure.wait();
  departure.reconcile();
  caller.abort();
  await expect(caller.done).rejects.toMatchObject({ code: 'ABORTED' });
  expect(radiant.heard).toEqual(['leave', 'stay']);
});

test('a tab whose leave takes too long stays and says why', async () => {
  const [gone, slow] = [new Radiant(), new Radiant()];
  const departure = new LeaveProcess(() => [gone, slow]);
  const caller = departure.wait();
  departure.reconcile();
  gone.leaving = { kind: 'left' };
  slow.leaving = { kind: 'asking', refusal: { code: 'NO_QUORUM', message: 'too few of order 0', withoutEffect: true } };
  departure.reconcile();
  caller.expire();
  await expect(caller.done).rejects.toMatchObject({ code: 'LEAVE_TIMED_OUT' });
  await expect(caller.done).rejects.toThrow(/1 of 2 radiants.*stays.*NO_QUORUM: Too few of order 0\./u);
  expect(slow.heard).toEqual(['leave', 'stay']);
});

test('one caller that gives up does not stop the leave for the others', async () => {
  const radiant = new Radiant();
  const departure = new LeaveProcess(() => [radiant]);
  const [hasty, aborting, patient] = [departure.wait(), departure.wait(), departure.wait()];
  departure.reconcile();
  hasty.expire();
  aborting.abort();
  await expect(hasty.done).rejects.toMatchObject({ code: 'LEAVE_TIMED_OUT' });
  await expect(aborting.done).rejects.toMatchObject({ code: 'ABORTED' });
  expect(radiant.heard).toEqual(['leave']);
  radiant.leaving = { kind: 'left' };
  departure.reconcile();
  await patient.done;
  expect(departure.isOver).toBe(true);
});
