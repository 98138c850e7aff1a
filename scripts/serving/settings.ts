/** The operator's settings. They are read from environment variables and checked once, at the start. */
import { readIceServers } from '../../src/wire/ice-servers.ts';
import type { IceServer } from '../../src/wire/rendezvous.ts';
import { readPageDirectories } from './page-directories.ts';
import { SettingsError } from './settings-error.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

export interface ServingSettings {
  readonly pages: boolean;
  readonly signaling: boolean;
  /** Address to listen on. Undefined stands for every interface. */
  readonly host: string | undefined;
  /** Port to listen on. With 0, the system chooses a free port. */
  readonly port: number;
  /** Path below which everything is served, such as `/kv`. Empty if everything is served at the root. */
  readonly basePath: string;
  /** Key and certificate for HTTPS. Undefined if the server uses plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** Directories with built pages. If several directories have the same file, the first directory has precedence. */
  readonly pageDirectories: readonly string[];
  /** The directory of all builds. Each build has its pages in `app`. Undefined if `PAGES` is set. */
  readonly buildsDirectory: string | undefined;
  /** The WebSocket address that pages use for signaling. Undefined stands for this server's own address. */
  readonly signalingUrl: string | undefined;
  readonly iceServers: readonly IceServer[];
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The page directory and the build directory that are used if `PAGES` is not set. */
export interface ServingDefaults {
  readonly pageDirectory: string;
  readonly buildsDirectory?: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks all settings.
 * @throws {SettingsError} if a setting is invalid
 */
export function readSettings(variables: Variables, defaults: ServingDefaults): ServingSettings {
  const serve = oneOf(variables, 'SERVE', ['all', 'pages', 'signaling'], 'all');
  // A server that serves no pages ignores `PAGES`.
  const pages = serve === 'signaling' ? undefined : text(variables, 'PAGES');
  const tls = readTls(variables);
  return {
    pages: serve !== 'signaling',
    signaling: serve !== 'pages',
    // Removes the brackets that surround an IPv6 address in links.
    host: text(variables, 'HOST')?.replace(/^\[(.*)\]$/u, '$1'),
    port: readPort(text(variables, 'PORT') ?? '8080'),
    basePath: readBasePath(text(variables, 'BASE_PATH')),
    tls,
    pageDirectories: pages === undefined ? [defaults.pageDirectory] : readPageDirectories(pages),
    buildsDirectory: pages === undefined ? defaults.buildsDirectory : undefined,
    signalingUrl: readSignalingUrl(text(variables, 'SIGNALING_URL'), tls !== undefined),
    iceServers: iceServersIn(text(variables, 'ICE_SERVERS')),
    logLevel: oneOf(variables, 'LOG_LEVEL', LOG_LEVELS, 'warn'),
  };
}

function text(variables: Variables, name: string): string | undefined {
  const value = variables[name]?.trim();
  return value === '' ? undefined : value;
}

function oneOf<const Choice extends string>(
  variables: Variables,
  name: string,
  choices: readonly Choice[],
  byDefault: Choice,
): Choice {
  const value = text(variables, name);
  if (value === undefined) return byDefault;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new SettingsError(`${name} is ${choices.join(', ')}, not "${value}".`);
  return choice;
}

function readPort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/u.test(value) || port > 65_535) throw new SettingsError(`PORT is a number up to 65535, not "${value}".`);
  return port;
}

function readBasePath(value: string | undefined): string {
  if (value === undefined || value === '/') return '';
  // Proxies may rewrite all characters except letters, digits, `-`, `_`, `.` and `~`. Browsers resolve the segments `.`
  // and `..`.
  if (/^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+\/?$/u.test(value)) return value.replace(/\/$/u, '');
  throw new SettingsError(`BASE_PATH is a path such as /kv, not "${value}".`);
}

function readTls(variables: Variables): ServingSettings['tls'] {
  const key = text(variables, 'HTTPS_KEY');
  const certificate = text(variables, 'HTTPS_CERTIFICATE');
  if (key === undefined && certificate === undefined) return undefined;
  if (key === undefined || certificate === undefined) {
    throw new SettingsError('HTTPS needs both files: HTTPS_KEY and HTTPS_CERTIFICATE (PEM).');
  }
  return readTlsFiles(key, certificate);
}

function readSignalingUrl(value: string | undefined, isSecure: boolean): string | undefined {
  if (value === undefined) return undefined;
  if (!/^wss?:\/\//u.test(value) || !URL.canParse(value)) {
    throw new SettingsError(`SIGNALING_URL is an address such as wss://signal.example.org/signaling, not "${value}".`);
  }
  const { hash, hostname, protocol } = new URL(value);
  if (hash !== '') throw new SettingsError(`SIGNALING_URL has no part behind "#", unlike "${value}".`);
  // Browsers block an unencrypted WebSocket of a page with HTTPS as mixed content.
  if (isSecure && protocol === 'ws:' && hostname !== 'localhost' && hostname !== '127.0.0.1') {
    throw new SettingsError(`SIGNALING_URL begins with wss:// if the pages are served by HTTPS, unlike "${value}".`);
  }
  return value;
}

function iceServersIn(value: string | undefined): readonly IceServer[] {
  if (value === undefined) return [];
  const form = 'ICE_SERVERS is JSON such as [{"urls":"stun:stun.example.org:3478"}].';
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (cause) {
    throw new SettingsError(form, { cause });
  }
  const read = readIceServers(parsed);
  if (read.kind === 'refused') throw new SettingsError(`ICE_SERVERS: ${read.why}. ${form}`);
  return read.servers;
}
