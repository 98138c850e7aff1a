import type { Call } from '../../client/contract.ts';
import type { CallClient } from '../call-channel.ts';
import type { CallResult } from '../client-driver.ts';
import type { HostView } from '../contract.ts';
import type { Arrival } from '../identity-choice.ts';
import type { HostSettings } from './options.ts';

export interface StartArgument {
  readonly settings: HostSettings;
  /** The worker's end of the channel to the links of the page. The port is transferred. */
  readonly linksPort: MessagePort;
  readonly arrival: Arrival;
}

export interface Started {
  readonly secret: string;
}

interface LeaveArgument {
  readonly timeoutMs: number;
}

interface RequestArgument {
  readonly call: Call;
  /** Undefined: the default of the client. */
  readonly timeoutMs: number | undefined;
}

// These are type aliases, because an interface has no index signature and fits no call table.
export type WorkerCalls = {
  /** The first call. The worker takes the named lock and holds it until it ends. The page waits for the lock. */
  hold: { readonly argument: string; readonly result: void };
  /** The worker answers at once. If the browser denies locks, the page takes silence as the end of the worker. */
  ping: { readonly argument: undefined; readonly result: void };
  start: { readonly argument: StartArgument; readonly result: Started };
  request: { readonly argument: RequestArgument; readonly result: CallResult };
  /** The answer carries the last view, because a subscription may deliver that view after the answer. */
  leave: { readonly argument: LeaveArgument; readonly result: HostView };
  close: { readonly argument: undefined; readonly result: void };
};

export type WorkerTopics = {
  view: HostView;
};

export type WorkerClient = CallClient<WorkerCalls, WorkerTopics>;
