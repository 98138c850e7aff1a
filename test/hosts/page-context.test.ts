import { expect, test } from 'vitest';
import { openShardbearer, ShardbearerError, startOverOnThisDevice } from '../../src/index.ts';
import { requireBrowser, requirePage } from '../../src/hosts/browser/page-context.ts';

const PAGE = { isSecureContext: true, document: {}, location: { origin: 'http://192.168.1.7:8080' } };
const caught = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);

test('a page in a secure context with WebRTC passes', () => {
  expect(() => requirePage(PAGE, true)).not.toThrow();
});

test.each([
  ['an insecure page', { ...PAGE, isSecureContext: false }, true, 'INSECURE_CONTEXT', 'http://192.168.1.7:8080'],
  ['a worker', { isSecureContext: true, location: PAGE.location }, true, 'UNSUPPORTED_PLATFORM', 'in a worker'],
  ['a page without WebRTC', PAGE, false, 'UNSUPPORTED_PLATFORM', 'no WebRTC'],
  ['a page simulated in Node', { document: {}, process: { versions: {} } }, true, 'UNSUPPORTED_PLATFORM', 'Node.js'],
  ['an empty global object', {}, false, 'UNSUPPORTED_PLATFORM', 'another platform'],
] as const)('%s is refused with a code and advice', (_what, scope, hasWebRtc, code, words) => {
  expect(() => requirePage(scope, hasWebRtc)).toThrow(expect.objectContaining({ code, effect: 'none' }));
  expect(() => requirePage(scope, hasWebRtc)).toThrow(words);
});

test('a worker of a secure context can start over', () => {
  expect(() => requireBrowser({ isSecureContext: true })).not.toThrow();
});

test('in Node the library can be imported, and the error of opening a store says where to call it', async () => {
  const failures = [await caught(openShardbearer({ signaling: '/signaling' })), await caught(startOverOnThisDevice())];
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(ShardbearerError);
    expect(failure).toMatchObject({ code: 'UNSUPPORTED_PLATFORM', effect: 'none' });
    expect(String(failure)).toContain('this is Node.js. Call it on the client only');
  }
});
