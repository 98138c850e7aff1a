/** What an application holds: the same for every place where a radiant can live. */
import type { RadiantView } from '../radiant/contract.ts';
import type { SignalingState } from '../transport/contract.ts';
import type { Versionstamp } from '../wire/command.ts';
import type { ErrorCode } from '../wire/errors.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The store as an application sees it. Keys are text; values are text, or bytes with `encoding: 'bytes'`. */
export interface Shardbearer<Value extends string | Uint8Array = string> {
  /** Linearizable read; a key that is missing: undefined. */
  get(key: string, options?: CallOptions): Promise<Value | undefined>;
  /** Writes, or overwrites. */
  put(key: string, value: Value, options?: CallOptions): Promise<Versionstamp>;
  /** Adds at the end; to a missing key: like put. */
  append(key: string, value: Value, options?: CallOptions): Promise<Versionstamp>;
  /** Removes; a missing key is no error. Resolves to whether it existed. */
  delete(key: string, options?: CallOptions): Promise<boolean>;
  /** The secret of this cluster, to put after `#` in an invite link. */
  readonly secret: string;
  /** What this host knows now. */
  view(): HostView;
  /** Calls back at every change, at most once per animation frame; returns how to stop. */
  onView(listener: (view: HostView) => void): () => void;
  /** Resolves once the cluster is formed and a herald is known. */
  ready(options?: CallOptions): Promise<void>;
  /** Says goodbye and lets go of this tab's radiants; their data stays. */
  close(): Promise<void>;
}

export interface HostView {
  /** This tab's own radiant first, then those that it adopted. */
  readonly radiants: readonly RadiantView[];
  readonly signaling: SignalingState;
  readonly storage: 'durable' | 'memory';
  /** How frames travel: channel in the worker, or through the page. */
  readonly frames: 'worker' | 'page';
  /** What people should know about, newest last; each with what to do. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}
