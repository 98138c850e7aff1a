/** Runs a transcript's commands, one after another; whatever is not understood is refused. */
import { Arguments, type Directive } from './directives.ts';
import { CommandError, type Stage } from './stage.ts';

/** The commands, each of which reads its arguments; what it leaves unread is refused. */
export type Commands = Readonly<Record<string, (given: Arguments) => void>>;

export class Interaction {
  readonly #stage: Stage;
  readonly #commands: Commands;

  constructor(stage: Stage, commands: Commands) {
    this.#stage = stage;
    this.#commands = commands;
  }

  /** Runs one command and returns what it wrote. @throws on a command or an argument that is not known */
  run(directive: Directive): string {
    const handler = this.#commands[directive.command];
    if (handler === undefined) throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    const given = new Arguments(directive);
    try {
      handler(given);
    } catch (error) {
      if (!(error instanceof CommandError)) throw located(error, directive);
      // Errors are written even where all else is silenced.
      this.#stage.writeError(error.message);
    }
    given.finish();
    return this.#stage.takeOutput();
  }
}

/** The replica's own assertions, for one, know nothing of lines. */
function located(error: unknown, { line, command }: Directive): Error {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith('line ')
    ? new Error(message, { cause: error })
    : new Error(`line ${line}: ${command}: ${message}`, { cause: error });
}
