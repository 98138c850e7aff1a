/**
 * Plays the interaction, quorum and membership transcripts of etcd's raft library, and compares every message. The
 * transcripts are not part of the repository. They lie in `CONFORMANCE_DIR` or in `../shared/conformance`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFCHANGE_COMMANDS, ConfchangeRun } from './confchange-directives.ts';
import { type Directive, parseDirectives } from './directives.ts';
import { etcdCommands } from './etcd-commands.ts';
import { Interaction } from './interaction.ts';
import { QUORUM_COMMANDS, runQuorumDirective } from './quorum-directives.ts';
import { Stage } from './stage.ts';

const folder = join(process.env['CONFORMANCE_DIR'] ?? join(process.cwd(), '..', 'shared', 'conformance'), 'etcd-raft');
const files = existsSync(folder) ? transcriptsIn(folder) : [];

describe('transcripts of etcd-raft', () => {
  if (files.length === 0) {
    test(`are skipped, because ${folder} has none. Set CONFORMANCE_DIR to run them`, () => {});
  }

  test.each(files)('%s', (file) => {
    const directives = parseDirectives(readFileSync(join(folder, file), 'utf8'));
    expect(directives.length).toBeGreaterThan(0);
    const run = runnerFor(directives);
    for (const directive of directives) {
      const actual = comparable(run(directive));
      expect(actual, `${file}:${directive.line} ${directive.command}`).toBe(comparable(directive.expected));
    }
  });
});

function transcriptsIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.split(sep).join('/'))
    .toSorted();
}

/**
 * Chooses the runner for a file by its first command. A file that mixes kinds fails at the first command of another
 * kind.
 */
function runnerFor(directives: readonly Directive[]): (directive: Directive) => string {
  const [first] = directives;
  if (first !== undefined && QUORUM_COMMANDS.includes(first.command)) return runQuorumDirective;
  if (first !== undefined && CONFCHANGE_COMMANDS.includes(first.command)) {
    const confchange = new ConfchangeRun();
    return (directive) => confchange.run(directive);
  }
  const stage = new Stage();
  const interaction = new Interaction(stage, etcdCommands(stage));
  return (directive) => interaction.run(directive);
}

/** The lines of an output that are compared. Log lines of the library are ignored, and `ok` equals an empty output. */
function comparable(output: string): string {
  const lines = output.split('\n').filter((line) => !/^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /.test(line));
  const text = lines.join('\n').trimEnd();
  return text === 'ok' ? '' : text;
}
