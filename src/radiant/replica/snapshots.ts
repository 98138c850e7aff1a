/**
 * Handles a replica's state as a whole. Checkpoints on its own disk cut the log, and the replica serves and fetches
 * snapshots.
 */
import type { SnapshotFetch, SnapshotInstall, SnapshotOffer } from '../../consensus/contract.ts';
import type { RecordChange } from '../../storage/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { SnapshotBody } from '../../wire/frames/frame.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { Checkpointing } from './checkpointing.ts';
import type { FetchView } from '../contract.ts';
import type { ReplicaRecords } from './replica-records.ts';
import { LogCompaction } from './log-compaction.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import { SnapshotFetching } from './snapshot-fetching.ts';
import { SnapshotServing } from './snapshot-serving.ts';
import type { RestoredState } from './state-restoration.ts';

interface SnapshotsView {
  readonly firstIndex: number;
  readonly logBytes: number;
  readonly checkpointIndex: number | undefined;
  readonly fetch: FetchView | undefined;
}

export class Snapshots {
  /** Log size at which a checkpoint may be due. Other reasons for a checkpoint can wait for the next tick. */
  dueLogBytes = 0;
  readonly #context: SnapshotContext;
  readonly #checkpointing: Checkpointing;
  readonly #serving: SnapshotServing;
  readonly #fetching: SnapshotFetching;
  readonly #logCompaction: LogCompaction;
  /** A fetched state that is being written in place of this replica's own. */
  #installing: { readonly state: RestoredState; readonly bytes: number } | undefined;

  /** @param found the records at the start */
  constructor(context: SnapshotContext, found: Pick<ReplicaRecords, 'state' | 'stateBytes' | 'incoming' | 'garbage'>) {
    this.#context = context;
    this.#checkpointing = new Checkpointing(context, () => this.#cutLog());
    this.#serving = new SnapshotServing(context);
    this.#fetching = new SnapshotFetching(context);
    this.#logCompaction = new LogCompaction(context.write);
    const { state, stateBytes, incoming, garbage } = found;
    if (state !== undefined) this.#checkpointing.found(state.index, stateBytes);
    if (incoming !== undefined) this.#fetching.resume(incoming);
    if (garbage.length > 0) context.write(garbage, () => undefined);
  }

  view(): SnapshotsView {
    const { firstIndex, bytes } = this.#context.log;
    const fetch = this.#fetching.view();
    return { firstIndex, logBytes: bytes, checkpointIndex: this.#checkpointing.index, fetch };
  }

  /** Offers a state to followers whose entries are gone. See `ConsensusOptions.snapshot`. */
  offer(atLeast: LogIndex): SnapshotOffer | undefined {
    return this.#serving.offer(atLeast);
  }

  /** Takes the offer of a leader's state. */
  fetch(fetch: SnapshotFetch): void {
    if (fetch.index > this.#context.state.applied) this.#fetching.begin(fetch);
  }

  hear(body: SnapshotBody): void {
    switch (body.kind) {
      case 'snapshot-request':
        return this.#serving.hear(body);
      case 'snapshot-chunk':
        return this.#fetching.hear(body);
      case 'snapshot-gone':
        return this.#fetching.gone(body);
    }
  }

  tick(): void {
    if (this.#serving.tick()) this.#cutLog();
    this.#fetching.tick();
  }

  /**
   * Begins a checkpoint if one is due. Call this in every tick and when the log has reached `dueLogBytes`, after all
   * committed entries are applied.
   */
  reconcile(): void {
    this.#letGo();
    const { state, log } = this.#context;
    const before = this.#checkpointing.index ?? asLogIndex(0);
    this.dueLogBytes = log.bytes - log.bytesBehind(before) + this.#checkpointing.dueBytes;
    if (this.#installing !== undefined) return;
    this.#fetching.applied(state.applied);
    if (state.applied <= before) return;
    this.#checkpointing.reconcile(state.applied, log.bytesBehind(before) - log.bytesBehind(state.applied));
  }

  /** Drops the served state, because another leader offers its own. */
  stepDown(): void {
    this.#serving.drop();
    this.#cutLog();
  }

  /** @returns the changes that install the fetched state, for the batch that the algorithm persists */
  install({ compactionPoint }: SnapshotInstall): readonly RecordChange[] {
    const { checkpoints, log } = this.#context;
    assert(this.#installing === undefined, 'an algorithm has one snapshot in writing at a time');
    this.#installing = this.#fetching.take(compactionPoint.index);
    this.#checkpointing.abandon();
    return [
      ...checkpoints.install(compactionPoint.bytes),
      ...this.#logCompaction.takeAll(),
      ...log.restartBehind(compactionPoint.index),
    ];
  }

  /** Replaces the state, because the changes of `install` are durable. */
  installed(): void {
    assert(this.#installing !== undefined, 'an installation ends after it has begun');
    const { state, bytes } = this.#installing;
    this.#installing = undefined;
    this.#context.state.replace(state);
    this.#checkpointing.found(state.index, bytes);
  }

  /** Drops a served state that no follower needs. It costs memory, and keeps the log after it. */
  #letGo(): void {
    const served = this.#serving.index;
    const through = this.#checkpointing.index ?? asLogIndex(0);
    if (served === undefined || this.#context.consensus.hasCatchingUpFollower(served, through)) return;
    this.#serving.drop();
    this.#cutLog();
  }

  /** Drops entries that the checkpoint contains, in memory first and then on the disk (design, rule 14). */
  #cutLog(): void {
    const { log } = this.#context;
    const through = this.#beforeTail(this.#forgettable());
    if (through < log.firstIndex) return;
    this.#logCompaction.add(log.forgetThrough(this.#context.consensus.compact(through)));
  }

  /**
   * Reduces the index, so that a tail of the log stays. A follower that leads next can then send entries, instead of a
   * whole state, to replicas that are slightly behind.
   */
  #beforeTail(index: LogIndex): LogIndex {
    const { log, checkpointLogBytes } = this.#context;
    return log.beforeTail(index, checkpointLogBytes / LIMITS.log.logTailDivisor);
  }

  /**
   * The index up to which the log can be cut. The receivers of the served state need the entries after it. If these
   * exceed the log's limit, the state is dropped and another one is offered.
   */
  #forgettable(): LogIndex {
    const through = this.#checkpointing.index ?? asLogIndex(0);
    const held = this.#serving.index;
    if (held === undefined || held >= through) return through;
    const heldBytes = this.#context.log.bytesBehind(held);
    if (heldBytes <= LIMITS.snapshots.heldLogFactor * this.#checkpointing.dueBytes) return held;
    this.#serving.drop();
    return through;
  }
}
