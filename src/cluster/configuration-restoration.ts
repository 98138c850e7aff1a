import type { Restoration, StateMachine } from '../store/contract.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange } from '../wire/configuration/configuration.ts';
import {
  type ConfigurationStateHead,
  type ConfigurationStateItem,
  decodeConfigurationState,
} from '../wire/configuration/state-codec.ts';
import { malformed } from '../wire/decoding.ts';
import { LIMITS } from '../wire/limits.ts';
import { configurationFault } from './configuration.ts';
import { ConfigurationHistory } from './configuration-history.ts';

/** Makes the state of a bondsmith's order out of its pieces: what comes out of them is checked to be configurations. */
export class ConfigurationRestoration implements Restoration {
  readonly #make: (history: ConfigurationHistory, head: ConfigurationStateHead) => StateMachine;
  #head: ConfigurationStateHead | undefined;
  #history: ConfigurationHistory | undefined;
  #isFinished = false;

  constructor(make: (history: ConfigurationHistory, head: ConfigurationStateHead) => StateMachine) {
    this.#make = make;
  }

  add(chunk: Uint8Array): void {
    assert(!this.#isFinished, 'a finished state takes no more pieces');
    for (const item of decodeConfigurationState(chunk)) this.#take(item);
  }

  finish(): StateMachine {
    assert(!this.#isFinished, 'a state is finished once');
    this.#isFinished = true;
    const history = this.#history;
    const head = this.#head;
    if (history === undefined || head === undefined) throw malformed('a state without its head');
    checkConfiguration(history.latest);
    return this.#make(history, head);
  }

  #take(item: ConfigurationStateItem): void {
    switch (item.kind) {
      case 'head':
        if (this.#head !== undefined) throw malformed('a state with two heads');
        this.#head = item;
        return;
      case 'base':
        if (this.#head === undefined || this.#history !== undefined) throw malformed('a base out of its place');
        checkConfiguration(item.configuration);
        this.#history = new ConfigurationHistory(item.configuration);
        return;
      case 'change':
        return this.#change(item.change);
    }
  }

  #change(change: ConfigurationChange): void {
    const history = this.#history;
    if (history === undefined) throw malformed('a change before what it follows on');
    const { latest, oldest } = history;
    // One more, and the history would begin later than it says.
    if (latest.number + 1 - oldest >= LIMITS.configurations) throw malformed('a state with too many configurations');
    if (!Number.isSafeInteger(latest.number + 1)) throw malformed('a configuration beyond all numbers');
    if (change.removed.some((removed) => latest.orders.every(({ id }) => id !== removed))) {
      throw malformed('a change that removes an order that is none');
    }
    history.add(change);
  }
}

/** Each on the way to the latest one was checked when it was decided; the digest tells whether it is still the same. */
function checkConfiguration(configuration: Configuration): void {
  if (configuration.number === 0) return;
  const fault = configurationFault(configuration);
  if (fault !== undefined) throw malformed(`a configuration that cannot be: ${fault}`);
}
