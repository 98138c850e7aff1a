/** Detects whether a Shardbearer server already uses a port. */
import { get as getHttp, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { HEALTH_SERVICE } from './app-server.ts';

const ANSWER_TIMEOUT_MS = 1_000;

/** Returns the origin of the Shardbearer server on this port. Undefined if another program uses the port. */
export async function findShardbearer(host: string, port: number): Promise<string | undefined> {
  const answers = await Promise.all([asks(getHttp, host, port), asks(getHttps, host, port)]);
  if (answers[0]) return `http://${host}:${port}`;
  return answers[1] ? `https://${host}:${port}` : undefined;
}

function asks(get: typeof getHttp | typeof getHttps, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // The request contains no secret, so an invalid certificate is no risk.
    const options: RequestOptions & { rejectUnauthorized: boolean } = {
      host: host.replace(/^\[|\]$/gu, ''),
      port,
      path: '/healthz',
      timeout: ANSWER_TIMEOUT_MS,
      rejectUnauthorized: false,
    };
    const request = get(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > 10_000) request.destroy();
      });
      response.on('end', () => resolve(isHealth(body)));
      response.on('error', () => resolve(false));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}

function isHealth(body: string): boolean {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && 'service' in parsed && parsed.service === HEALTH_SERVICE;
  } catch {
    return false;
  }
}
