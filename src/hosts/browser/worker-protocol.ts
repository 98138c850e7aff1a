/** What page and worker say to each other. */
import type { Call } from '../../client/contract.ts';
import type { CallClient } from '../call-channel.ts';
import type { CallResult } from '../client-driver.ts';
import type { HostView } from '../contract.ts';
import type { Arrival } from '../identity-choice.ts';
import type { HostSettings } from './options.ts';

export interface StartArgument {
  readonly settings: HostSettings;
  /** This worker's end of the channel to the page's links; transferred. */
  readonly linksPort: MessagePort;
  readonly arrival: Arrival;
}

export interface Started {
  readonly secret: string;
}

interface LeaveArgument {
  /** From now on. */
  readonly timeoutMs: number;
}

// Type aliases, not interfaces: only they fit the index signature of a call table.
export type WorkerCalls = {
  /** First of all: takes the lock by which the page notices that this worker died. */
  hold: { readonly argument: string; readonly result: void };
  /** Answered at once: where the browser denies locks, silence tells that the worker died. */
  ping: { readonly argument: undefined; readonly result: void };
  start: { readonly argument: StartArgument; readonly result: Started };
  request: { readonly argument: Call; readonly result: CallResult };
  /** Answered by the last view: what a subscription tells may come after the answer. */
  leave: { readonly argument: LeaveArgument; readonly result: HostView };
  close: { readonly argument: undefined; readonly result: void };
};

export type WorkerTopics = {
  view: HostView;
};

/** The page's end. */
export type WorkerClient = CallClient<WorkerCalls, WorkerTopics>;
