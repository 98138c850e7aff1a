/** What an application holds: the same for every place where a radiant can live. */
import type { RadiantView } from '../radiant/contract.ts';
import type { SignalingState } from '../transport/contract.ts';
import type { Versionstamp } from '../wire/entries/command.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ReadyOptions extends CallOptions {
  /** How long to wait, in milliseconds. Default: `Infinity`. */
  readonly timeoutMs?: number | undefined;
}

export interface LeaveOptions extends CallOptions {
  /** How long it may take, in milliseconds; `Infinity`: as long as it takes. Default: two minutes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The store as an application sees it. Keys are text; values are text, or bytes with `encoding: 'bytes'`. The object is
 * frozen, and its methods work without it: `const { get, put } = store`.
 */
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
  /**
   * Calls back at every change, at most once per animation frame; returns how to stop.
   * @throws {ShardbearerError} `INVALID_ARGUMENT`
   */
  onView(listener: (view: HostView) => void): () => void;
  /**
   * Resolves once the cluster is formed and a herald is known. Without a time-out it waits as long as that takes; after
   * 5 s it says once in the browser's console what is missing.
   * @throws {ShardbearerError} after `timeoutMs`, by what is missing: `SIGNALING_UNREACHABLE`, `LINK_FAILED`, `NOT_FORMED`,
   * `NO_QUORUM`, `ROOM_FULL`, `VERSION_UNSUPPORTED`, `IDENTITY_TAKEN`, `STORAGE_TOO_NEW`, `UNAVAILABLE`; `ABORTED`;
   * `CLOSED`; `INVALID_ARGUMENT`
   */
  ready(options?: ReadyOptions): Promise<void>;
  /** Who forms which order, and which order serves what. */
  readonly administration: ClusterAdministration;
  /** Says goodbye and lets go of this tab's radiants; their data stays, and the cluster counts on them for a while. */
  close(): Promise<void>;
  /**
   * Leaves the cluster for good: resolves once it counts on none of this tab's radiants any more, and closes. That can
   * take as long as others need to take over what they hold; `view().radiants` shows how far each is (`leaving`).
   * All its radiants are asked for at once, so that none is let go where none would be left. Each of several calls
   * resolves when the tab has left, also one that was aborted too late; calls of other kinds end as `CLOSED` then.
   * @throws {ShardbearerError} `LAST_RADIANT` where nobody else would hold the data, `LEAVE_TIMED_OUT`,
   * `ABORTED`: then this tab stays, and what others took over before that they keep; `INVALID_ARGUMENT`; `CLOSED`
   */
  leave(options?: LeaveOptions): Promise<void>;
}

/**
 * Changes of the configuration. Each resolves to one in which it is so, and changes nothing where it was so before. What
 * takes longer (a shard on its way, a member that catches up) goes on after that: `view()` shows it.
 * All throw {ShardbearerError} `INVALID_ARGUMENT`, `NOT_FORMED`, `NO_QUORUM` (of the bondsmith's order or
 * of one that is concerned), `OVERLOADED`, `UNAVAILABLE`, `OUTCOME_UNKNOWN`, `ABORTED`, and what is said of each. What may be
 * otherwise in a moment is asked again until it is too late (10 s): then the error says what the bondsmith answered last.
 * Some take several steps. Where one was decided on, or may yet be, each error is `OUTCOME_UNKNOWN` with the reason.
 */
export interface ClusterAdministration {
  /**
   * The configuration of this number; without one, the latest.
   * @throws {ShardbearerError} `CONFIGURATION_COMPACTED`, `UNKNOWN_CONFIGURATION`
   */
  configuration(number?: number, options?: CallOptions): Promise<Configuration>;
  /**
   * This radiant belongs to the cluster; placement finds an order for it. Tabs ask so for themselves.
   * @throws {ShardbearerError} `CONFIGURATION_FULL`
   */
  join(member: MemberName, options?: CallOptions): Promise<Configuration>;
  /**
   * This radiant does not belong to the cluster any more. One that runs asks for a place again.
   * @throws {ShardbearerError} `LAST_RADIANT`
   */
  leave(radiant: string, options?: CallOptions): Promise<Configuration>;
  /**
   * The shard of this place goes to this order.
   * @throws {ShardbearerError} `UNKNOWN_ORDER`, `SHARD_MOVING`
   */
  move(place: RingPlace, order: string, options?: CallOptions): Promise<Configuration>;
  /**
   * A shard begins at this place.
   * @throws {ShardbearerError} `SHARD_MOVING`, `CONFIGURATION_FULL`
   */
  fracture(place: RingPlace, options?: CallOptions): Promise<Configuration>;
  /**
   * No shard begins at this place: the one that does becomes one with the shard before it.
   * @throws {ShardbearerError} `SHARDS_APART`, `SHARD_MOVING`; `INVALID_ARGUMENT` at slot 0: none lies before it
   */
  consolidate(place: RingPlace, options?: CallOptions): Promise<Configuration>;
}

/** A place on the hash ring: one of its 16,384 slots, or the one that a key lies in (`KEY_TOO_LARGE`: no key is so long). */
export type RingPlace = { readonly slot: number } | { readonly key: string };

/** Ids as views and configurations have them: 32 hexadecimal digits. */
export interface MemberName {
  readonly radiant: string;
  readonly device: string;
}

export interface HostView {
  /** `client`: this tab keeps nothing and is a member of nothing, it only asks. */
  readonly role: 'radiant' | 'client';
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
