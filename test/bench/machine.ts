/** The machine that a table comes from: figures without it say nothing. */
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

/** How many processes wanted a core in the last minute; above the number of cores they waited for each other. */
export function loadNow(): number {
  return loadavg()[0] ?? 0;
}

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)"?$/mu.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (name !== undefined) return name;
  } catch {
    // No Linux: the kernel's name has to do.
  }
  return `${system()} ${release()}`;
}
