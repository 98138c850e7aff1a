/** Runs child processes and reports their exit codes. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a command to its end. With `quiet`, its output is shown only if it fails.
 * @param {string} command
 * @param {readonly string[]} commandArguments
 * @param {{ quiet?: boolean, env?: Record<string, string>, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 124 after the time-out, 127 if the command does not exist
 */
export function run(command, commandArguments, { quiet = false, env = {}, timeoutMs = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      // The command gets its own process group, so that a time-out also ends the command's child processes.
      detached: timeoutMs > 0,
    });
    let output = '';
    let timedOut = false;
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
    });
    child.stderr?.on('data', (chunk) => {
      output += String(chunk);
    });
    const timer =
      timeoutMs > 0
        ? setTimeout(() => {
            timedOut = true;
            endGroup(child.pid);
          }, timeoutMs)
        : undefined;
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: String(error) });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : (code ?? 1), output });
    });
  });
}

/** @param {number | undefined} pid */
function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process group had already ended.
  }
}

/**
 * Runs npm with the Node executable of this process.
 * @param {readonly string[]} npmArguments
 * @param {Parameters<typeof run>[2]} [options]
 */
export function npm(npmArguments, options) {
  const entry = process.env['npm_execpath'];
  return entry?.endsWith('.js')
    ? run(process.execPath, [entry, ...npmArguments], options)
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', npmArguments, options);
}

/**
 * Formats the time since `startMs`, a value of `performance.now()`.
 * @param {number} startMs
 */
export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
