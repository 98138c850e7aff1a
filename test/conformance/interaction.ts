/** Runs a transcript's commands one by one. Unknown commands and arguments are errors. */
import { Arguments, type Directive } from './directives.ts';
import { CommandError, type Stage } from './stage.ts';

/** Commands by name. Each command reads its arguments; an unread argument is an error. */
export type Commands = Readonly<Record<string, (given: Arguments) => void>>;

export class Interaction {
  readonly #stage: Stage;
  readonly #commands: Commands;

  constructor(stage: Stage, commands: Commands) {
    this.#stage = stage;
    this.#commands = commands;
  }

  /** Runs one command and returns its output. @throws for an unknown command or argument */
  run(directive: Directive): string {
    const handler = this.#commands[directive.command];
    if (handler === undefined) throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    const given = new Arguments(directive);
    try {
      handler(given);
    } catch (error) {
      if (!(error instanceof CommandError)) throw located(error, directive);
      // Errors are written even if all other output is silenced.
      this.#stage.writeError(error.message);
    }
    given.finish();
    return this.#stage.takeOutput();
  }
}

/** Adds the transcript's line to an error without one. */
function located(error: unknown, { line, command }: Directive): Error {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith('line ')
    ? new Error(message, { cause: error })
    : new Error(`line ${line}: ${command}: ${message}`, { cause: error });
}
