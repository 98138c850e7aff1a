/** The calls between page and worker. */
import type { Call } from '../../client/contract.ts';
import type { CallClient } from '../call-channel.ts';
import type { CallResult } from '../client-driver.ts';
import type { HostView } from '../contract.ts';
import type { Arrival } from '../identity-choice.ts';
import type { HostSettings } from './options.ts';

export interface StartArgument {
  readonly settings: HostSettings;
  /** The worker's end of the channel to the links of the page. Transferred. */
  readonly linksPort: MessagePort;
  readonly arrival: Arrival;
}

export interface Started {
  readonly secret: string;
}

interface LeaveArgument {
  readonly timeoutMs: number;
}

// Type aliases, since an interface has no index signature and fits no call table.
export type WorkerCalls = {
  /** The first call. Takes the lock that tells the page when the worker ends. */
  hold: { readonly argument: string; readonly result: void };
  /** Answered at once. If the browser denies locks, silence tells that the worker ended. */
  ping: { readonly argument: undefined; readonly result: void };
  start: { readonly argument: StartArgument; readonly result: Started };
  request: { readonly argument: Call; readonly result: CallResult };
  /** Answered with the last view, since a subscription may deliver it after the answer. */
  leave: { readonly argument: LeaveArgument; readonly result: HostView };
  close: { readonly argument: undefined; readonly result: void };
};

export type WorkerTopics = {
  view: HostView;
};

export type WorkerClient = CallClient<WorkerCalls, WorkerTopics>;
