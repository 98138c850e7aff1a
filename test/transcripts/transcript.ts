/** Replays a transcript: a text of comments, commands, and the expected output of each command. */
import { parseDirectives } from '../conformance/directives.ts';
import { Interaction } from '../conformance/interaction.ts';
import { Stage } from '../conformance/stage.ts';
import { lessonCommands } from './lesson-commands.ts';

/** The text of a transcript with the current output of its commands. */
export function replay(text: string): string {
  const stage = new Stage();
  const interaction = new Interaction(stage, lessonCommands(stage));
  const lines = text.split('\n');
  const replayed: string[] = [];
  let at = 0;
  for (const directive of parseDirectives(text)) {
    replayed.push(...lines.slice(at, directive.output.from), ...outputLines(interaction.run(directive)));
    at = directive.output.to;
  }
  return [...replayed, ...lines.slice(at)].join('\n');
}

function outputLines(output: string): readonly string[] {
  const lines = output.trimEnd().split('\n');
  if (output.trim() === '') return ['ok'];
  return lines.some((line) => line.trim() === '') ? ['----', ...lines, '----', '----'] : lines;
}
