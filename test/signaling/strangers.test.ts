import fc from 'fast-check';
import { expect, test } from 'vitest';
import { networkOf, Strangers } from '../../signaling/strangers.ts';

test('too many connections of one network displace the oldest of that network', () => {
  const strangers = new Strangers<string>({ total: 10, ofOneNetwork: 2 });
  expect(strangers.add('other', 'b')).toBeUndefined();
  expect(strangers.add('first', 'a')).toBeUndefined();
  expect(strangers.add('second', 'a')).toBeUndefined();
  expect(strangers.add('third', 'a')).toBe('first');
  expect(strangers.add('another', 'b')).toBeUndefined();
  expect(strangers.size).toBe(4);
});

test('too many connections in total displace the oldest', () => {
  const strangers = new Strangers<string>({ total: 2, ofOneNetwork: 2 });
  strangers.add('first', 'a');
  strangers.add('second', 'b');
  expect(strangers.add('third', 'c')).toBe('first');
  strangers.delete('second');
  expect(strangers.add('fourth', 'd')).toBeUndefined();
});

test('the limits hold for every sequence of arrivals and departures', () => {
  const step = fc.record({ network: fc.constantFrom('a', 'b', 'c', 'd'), deletes: fc.boolean(), at: fc.nat() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const strangers = new Strangers<number>({ total: 5, ofOneNetwork: 2 });
      let present: { connection: number; network: string }[] = [];
      for (const [connection, { network, deletes, at }] of steps.entries()) {
        const leaving = deletes
          ? present[at % Math.max(1, present.length)]?.connection
          : strangers.add(connection, network);
        if (deletes && leaving !== undefined) strangers.delete(leaving);
        present = present.filter((one) => one.connection !== leaving);
        if (!deletes) present.push({ connection, network });
        expect(strangers.size).toBe(present.length);
        expect(present.length).toBeLessThanOrEqual(5);
        expect(present.filter((one) => one.network === network).length).toBeLessThanOrEqual(2);
      }
    }),
  );
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [undefined, ''],
])('an address belongs to the network of its owner: %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
