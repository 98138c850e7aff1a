/** Every public call rejects invalid arguments with a code, including arguments whose getters throw. */
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { settingsFrom } from '../../src/hosts/browser/options.ts';
import { workerFrom } from '../../src/hosts/browser/worker-source.ts';
import { signalOf } from '../../src/hosts/arguments.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { parseSecret } from '../../src/transport/secrets.ts';
import { ERROR_CODES, isShardbearerError, ShardbearerError } from '../../src/wire/errors.ts';
import { caught, closeTabs, openTab } from './store-in-node.ts';

afterEach(closeTabs);

// Listeners of the view are called in the next frame of the page.
vi.stubGlobal('document', { visibilityState: 'hidden' });
vi.stubGlobal('requestAnimationFrame', () => 1);
vi.stubGlobal('cancelAnimationFrame', () => undefined);
afterAll(() => vi.unstubAllGlobals());

/** A second JavaScript context, as in another frame. Its arrays, errors and objects have other classes. */
const frame = createContext({});
const ofOtherFrame = (code: string): unknown => runInContext(code, frame);

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwing(): unknown {
  const fail = (): never => {
    throw new RangeError('a getter of the caller');
  };
  return new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail });
}

/** Makes a value when it is used. The generator would inspect a value that already exists. */
type Recipe = () => unknown;

const special = fc.constantFrom<Recipe[]>(
  revoked,
  throwing,
  () => Symbol('odd'),
  () => () => undefined,
  () => Promise.resolve('late'),
  () => new DataView(new ArrayBuffer(4)),
  () => new Uint8Array(new SharedArrayBuffer(4)),
  () => ofOtherFrame('Uint8Array.of(1, 2)'),
  () => ofOtherFrame('[1, 2]'),
  () => ofOtherFrame('new Error("of another frame")'),
  () => ofOtherFrame('({ signal: {}, timeoutMs: "5" })'),
  () => AbortSignal.abort('gone'),
  () => ({ aborted: 1, addEventListener: 'none' }),
  () => ({ aborted: false, addEventListener: throwing, removeEventListener: throwing }),
  () => 'half \uD83D',
  () => Number.NaN,
  () => 2 ** 60,
  () => 'f'.repeat(32),
);
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withTypedArray: true,
});
const odd = fc.oneof(anything.map(asRecipe), special);
const argument = fc.oneof(
  odd,
  objectOf(['signal', 'timeoutMs', 'encoding', 'ifVersion', 'expireInMs', 'slot', 'key', 'radiant', 'device']),
  fc.constantFrom<unknown[]>('key', 7, undefined, { slot: 5 }, { key: 'key' }).map(asRecipe),
);

function asRecipe(value: unknown): Recipe {
  return () => value;
}

function objectOf(names: readonly string[]): fc.Arbitrary<Recipe> {
  const fields = fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 3, noNullPrototype: true });
  return fields.map((recipes) => () => made(recipes));
}

function made(recipes: Readonly<Record<string, Recipe>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(recipes).map(([name, make]) => [name, make()]));
}

const NAMES = ['get', 'entry', 'getMany', 'put', 'append', 'delete', 'ready', 'leave', 'onView'] as const;
const CHANGES = ['configuration', 'join', 'leave', 'move', 'fracture', 'consolidate'] as const;

/** The outcome of a call with arguments that the types do not allow. */
async function outcomeOf(target: object, name: string, args: readonly unknown[]): Promise<unknown> {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new Error(name);
  return await caught((async (): Promise<unknown> => Reflect.apply(method, target, args))());
}

/**
 * Whether the error has a code of the argument checks or of a closed store. Codes of bugs and unknown exceptions do not
 * count.
 */
function isProperRefusal(error: unknown): boolean {
  if (error === undefined) return true;
  const isKnown = isShardbearerError(error) && Object.hasOwn(ERROR_CODES, error.code);
  return isKnown && error.code !== 'INVARIANT_BROKEN' && error.code !== 'PLATFORM_FAILED';
}

test.each(['json', 'utf8', 'bytes'] as const)(
  'no argument of a store causes an error without a code',
  async (encoding) => {
    const { store, views, kill } = openTab(encoding);
    // From here on, each valid call crosses the channel and ends as CLOSED.
    kill('refusing');
    views.end(new ShardbearerError('CLOSED', 'The test ended the store.'));
    const target = fc.oneof(
      fc.record({ of: fc.constant(store), name: fc.constantFrom(...NAMES) }),
      fc.record({ of: fc.constant(store.administration), name: fc.constantFrom(...CHANGES) }),
    );
    await fc.assert(
      fc.asyncProperty(target, fc.array(argument, { maxLength: 3 }), async ({ of, name }, args) => {
        const outcome = await outcomeOf(
          of,
          name,
          args.map((make) => make()),
        );
        expect(outcome).toSatisfy(isProperRefusal);
      }),
      { numRuns: 2_000 },
    );
  },
);

test('no option of openShardbearer causes an error without a code, and accepted options can cross to a worker', () => {
  const names = ['signaling', 'secret', 'createWorker', 'encoding', 'adoption', 'framesThroughPage', 'iceServers'];
  const more = ['role', 'founding', 'replicationFactor', 'algorithm'];
  const options = objectOf([...names, ...more]);
  const servers = fc.array(objectOf(['urls', 'username', 'credential', 'more']), { maxLength: 2 });
  const given = fc.oneof(
    odd,
    options,
    options.map((make) => () => Object.assign({ signaling: '/signaling' }, make())),
    servers.map((makers) => () => ({ signaling: '/signaling', iceServers: makers.map((make) => make()) })),
  );
  fc.assert(
    fc.property(given, (make) => {
      expect(refusalOf(make())).toSatisfy(isProperRefusal);
    }),
    { numRuns: 2_000 },
  );
});

function refusalOf(options: unknown): unknown {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    structuredClone(settingsFrom(options as never, 'https://example.org/'));
    return undefined;
  } catch (error) {
    return error;
  }
}

test('no invalid worker and no invalid secret causes an error without a code', async () => {
  await fc.assert(
    fc.asyncProperty(odd, fc.string(), async (make, secret) => {
      const making = async () => workerFrom({ owner: 'application', create: make });
      expect(await caught(making())).toMatchObject({ code: 'INVALID_ARGUMENT', effect: 'none' });
      expect(await caught(parseSecret(crypto.subtle, secret))).toMatchObject({ code: 'INVALID_INVITE' });
    }),
  );
});

test('bytes and options of another frame are taken', () => {
  const bytes = ofOtherFrame('Uint8Array.of(1, 2, 3)');
  expect(bytes).not.toBeInstanceOf(Uint8Array);
  const taken = encodingOf('bytes').encode(bytes);
  expect(taken).toBeInstanceOf(Uint8Array);
  expect(taken).toEqual(Uint8Array.of(1, 2, 3));
  const { signal } = new AbortController();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same
  const options = ofOtherFrame('({})') as { signal: AbortSignal };
  options.signal = signal;
  expect(signalOf(options)).toBe(signal);
});

test('an error thrown by a getter of the caller is the cause of the refusal', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  expect(() => signalOf(throwing() as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', cause: new RangeError('a getter of the caller') }),
  );
});
