/**
 * The interaction, quorum and membership transcripts of etcd's raft library, message for message.
 * They lie outside of the repository: in `CONFORMANCE_DIR`, else in `../shared/conformance`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfchangeRun } from './confchange-directives.ts';
import { type Directive, parseDirectives } from './directives.ts';
import { Interaction } from './interaction.ts';
import { runQuorumDirective } from './quorum-directives.ts';

const folder = join(process.env['CONFORMANCE_DIR'] ?? join(process.cwd(), '..', 'shared', 'conformance'), 'etcd-raft');

type Runner = () => (directive: Directive) => string;

const RUNNERS: Readonly<Record<string, Runner>> = {
  interaction: () => {
    const interaction = new Interaction();
    return (directive) => interaction.run(directive);
  },
  quorum: () => runQuorumDirective,
  confchange: () => {
    const run = new ConfchangeRun();
    return (directive) => run.run(directive);
  },
};

/** Lines of the library's logger belong to its own wording; `ok` and nothing are the same. */
function comparable(output: string): string {
  const lines = output.split('\n').filter((line) => !/^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /.test(line));
  const text = lines.join('\n').trimEnd();
  return text === 'ok' ? '' : text;
}

const available = existsSync(folder);
if (!available) console.log(`no transcripts in ${folder}: set CONFORMANCE_DIR to run them`);

describe.runIf(available)('transcripts of etcd-raft', () => {
  for (const [kind, runner] of Object.entries(RUNNERS)) {
    const files = available && existsSync(join(folder, kind)) ? readdirSync(join(folder, kind)) : [];
    test.each(files.filter((file) => file.endsWith('.txt')))(`${kind}/%s`, (file) => {
      const directives = parseDirectives(readFileSync(join(folder, kind, file), 'utf8'));
      expect(directives.length).toBeGreaterThan(0);
      const run = runner();
      for (const directive of directives) {
        const actual = comparable(run(directive));
        expect(actual, `${file}:${directive.line} ${directive.command}`).toBe(comparable(directive.expected));
      }
    });
  }
});
