import { expect, test } from 'vitest';
import { Client } from '../../src/client/client.ts';
import { ClientDesk } from '../../src/hosts/client-desk.ts';
import { ERROR_CODES, isShardbearerError } from '../../src/wire/errors.ts';

const environment = { nowMs: () => 0, random: () => 0, randomBytes: (length: number) => new Uint8Array(length) };

test('a write under way when the store closes does not fail as one that had no effect', async () => {
  const desk = new ClientDesk(new Client({ environment }), () => undefined);
  const [key, value] = [Uint8Array.of(1), Uint8Array.of(2)];
  const write = desk.request({ kind: 'write', operation: { kind: 'put', key, value } }, new AbortController().signal);
  desk.close();
  const error: unknown = await write.catch((reason: unknown) => reason);
  expect(isShardbearerError(error) && ERROR_CODES[error.code].effect).toBe('unknown');
});
