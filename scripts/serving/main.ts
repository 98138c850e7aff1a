/** The entry point of the built server, which `npm start` runs. */
import { destination, pino } from 'pino';
import { attachSignaling } from '../../signaling/server.ts';
import { AppServer } from './app-server.ts';
import { SIGNALING_PATH } from './pages.ts';
import { findShardbearer } from './port-owner.ts';
import { readSettings, type ServingDefaults, type ServingSettings } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** Error codes for a `HOST` that is not an address, or not an address of this machine. */
const HOST_FAULTS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EAI_AGAIN', 'EAI_FAIL', 'EINVAL', 'ENOTFOUND']);

/** Serves until SIGINT or SIGTERM. Resolves to the exit code of the process. */
export async function serve(defaults: ServingDefaults): Promise<number> {
  // The process that reads the standard output may close the pipe. The resulting error must not end the server.
  process.stdout.on('error', () => undefined);
  let settings: ServingSettings;
  try {
    settings = readSettings(process.env, defaults);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    printError(error.message);
    return 1;
  }
  const { basePath, iceServers, logLevel } = settings;
  // Messages for people go to the standard output, and log lines for programs to the standard error.
  const logger = pino({ name: 'shardbearer', level: logLevel }, destination(2));
  const server = new AppServer(settings, logger, (httpServer) =>
    attachSignaling(httpServer, { path: `${basePath}${SIGNALING_PATH}`, iceServers, logger }),
  );
  try {
    printWelcome(settings, await server.listen());
  } catch (error) {
    printError(await explainListenError(settings, error));
    return 1;
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  print('Closing. Linked tabs continue without this server.');
  await server.close();
  return 0;
}

function printWelcome(settings: ServingSettings, port: number): void {
  const scheme = settings.tls === undefined ? 'http' : 'https';
  const address = `${scheme}://${addressOf(settings.host)}:${port}${settings.basePath}/`;
  if (!settings.pages) {
    print(`Signaling listens at ${address} (no pages here).`);
    return;
  }
  print(`Shardbearer is served at ${address}`);
  print(
    'Open this address in a tab. Open the link that it shows in other tabs, here or elsewhere. Ctrl+C ends the server.',
  );
}

async function explainListenError(settings: ServingSettings, error: unknown): Promise<string> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const { host, port } = settings;
  const other = `PORT=${port < 65_535 ? port + 1 : port - 1} npm start`;
  if (code === 'EADDRINUSE') {
    const origin = await findShardbearer(addressOf(host), port);
    return origin === undefined
      ? `Port ${port} is taken by another program. Choose another port: ${other}`
      : `Shardbearer already runs here. Open ${origin}/, or start a second server: ${other}`;
  }
  if (code === 'EACCES') return `This user may not listen on port ${port}. Choose another port: ${other}`;
  if (HOST_FAULTS.has(String(code)))
    return `HOST=${host ?? ''} is no address of this machine. Leave it out to listen on all.`;
  return `The server could not start: ${error instanceof Error ? error.message : String(error)}`;
}

/** The host part of the printed address: the setting, or `localhost` if the server listens on every interface. */
function addressOf(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
