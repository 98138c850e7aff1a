/** What the operator sets, read from environment variables and checked once, at the border. */
import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { readIceServers } from '../../src/wire/ice-servers.ts';
import type { IceServer } from '../../src/wire/rendezvous.ts';

export interface ServingSettings {
  readonly pages: boolean;
  readonly signaling: boolean;
  /** Undefined: every interface of this machine. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** With both, the server speaks HTTPS; PEM. */
  readonly tls: { readonly key: Buffer; readonly certificate: Buffer } | undefined;
  /** Directories with built pages; an earlier one covers a later one. */
  readonly pageDirectories: readonly string[];
  /** Undefined, or the directory that holds all builds: each has its pages in `app`. */
  readonly buildsDirectory: string | undefined;
  /** WebSocket address handed to pages; undefined: this server's own. */
  readonly signalingUrl: string | undefined;
  readonly iceServers: readonly IceServer[];
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A setting is wrong; the message names it and says what it may be. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** What is served unless the operator sets `PAGES`. */
export interface ServingDefaults {
  readonly pageDirectory: string;
  readonly buildsDirectory?: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws {SettingsError} */
export function readSettings(variables: Variables, defaults: ServingDefaults): ServingSettings {
  const serve = oneOf(variables, 'SERVE', ['all', 'pages', 'signaling'], 'all');
  const pages = text(variables, 'PAGES');
  return {
    pages: serve !== 'signaling',
    signaling: serve !== 'pages',
    host: text(variables, 'HOST'),
    port: readPort(text(variables, 'PORT') ?? '8080'),
    tls: readTls(variables),
    pageDirectories: pages?.split(delimiter) ?? [defaults.pageDirectory],
    buildsDirectory: pages === undefined ? defaults.buildsDirectory : undefined,
    signalingUrl: readSignalingUrl(text(variables, 'SIGNALING_URL')),
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

function readTls(variables: Variables): ServingSettings['tls'] {
  const key = text(variables, 'HTTPS_KEY');
  const certificate = text(variables, 'HTTPS_CERTIFICATE');
  if (key === undefined && certificate === undefined) return undefined;
  if (key === undefined || certificate === undefined) {
    throw new SettingsError('HTTPS needs both files: HTTPS_KEY and HTTPS_CERTIFICATE (PEM).');
  }
  return { key: readPem('HTTPS_KEY', key), certificate: readPem('HTTPS_CERTIFICATE', certificate) };
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SettingsError(`${name} names "${path}", which cannot be read.`, { cause });
  }
}

function readSignalingUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!/^wss?:\/\//u.test(value) || !URL.canParse(value)) {
    throw new SettingsError(`SIGNALING_URL begins with ws:// or wss://, not "${value}".`);
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
