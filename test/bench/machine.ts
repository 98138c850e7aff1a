/** Describes the machine on which a measurement ran. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type as system } from 'node:os';
import type { ChromiumProcess } from '../browser/harness/chromium-process.ts';

const GIB = 2 ** 30;

export function describeMachine(browser: ChromiumProcess): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return [
    `${processors.length} × ${model}`,
    `${Math.round(totalmem() / GIB)} GiB`,
    systemName(),
    `Chromium ${browser.version}`,
    `Node ${process.versions.node}`,
  ].join(', ');
}

/** Load average of the last minute. A value above the number of cores means that processes had to wait. */
export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)"?$/mu.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name !== undefined) return name;
  } catch {
    // A system without this file is described by its kernel only.
  }
  return `${system()} ${release()}`;
}
