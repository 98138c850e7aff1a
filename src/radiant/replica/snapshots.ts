/**
 * All that a replica does with its state as a whole: checkpoints on its own disk,
 * with the log cut behind them; the state handed to others, and got from them.
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

/** What people see of it. */
interface SnapshotsView {
  readonly firstIndex: number;
  readonly logBytes: number;
  readonly checkpointIndex: number | undefined;
  readonly fetch: FetchView | undefined;
}

export class Snapshots {
  readonly #context: SnapshotContext;
  readonly #checkpointing: Checkpointing;
  readonly #serving: SnapshotServing;
  readonly #fetching: SnapshotFetching;
  readonly #logCompaction: LogCompaction;
  /** On its way to the disk, where it takes the place of this replica's own state. */
  #installing: { readonly state: RestoredState; readonly bytes: number } | undefined;

  /** @param found at the start */
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

  /** For followers whose entries are forgotten: see `ConsensusOptions.snapshot`. */
  offer(atLeast: LogIndex): SnapshotOffer | undefined {
    return this.#serving.offer(atLeast);
  }

  /** A leader offered its state in the place of entries. */
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

  /** Everything that the algorithm handed out is applied: the time for a checkpoint, if one is due. */
  reconcile(): void {
    this.#letGo();
    if (this.#installing !== undefined) return;
    const { state, log } = this.#context;
    const before = this.#checkpointing.index ?? asLogIndex(0);
    this.#fetching.applied(state.applied);
    if (state.applied <= before) return;
    this.#checkpointing.reconcile(state.applied, log.bytesBehind(before) - log.bytesBehind(state.applied));
  }

  /** It leads no more: another one offers its own state. */
  stepDown(): void {
    this.#serving.drop();
    this.#cutLog();
  }

  /** @returns what makes the fetched state this replica's own, in one batch with what the algorithm writes */
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

  /** What `install` handed out is durable. */
  installed(): void {
    assert(this.#installing !== undefined, 'what was not begun does not end');
    const { state, bytes } = this.#installing;
    this.#installing = undefined;
    this.#context.state.replace(state);
    this.#checkpointing.found(state.index, bytes);
  }

  /** A state of which nobody is in need any more is a second one in memory, and keeps the log behind it. */
  #letGo(): void {
    const served = this.#serving.index;
    const through = this.#checkpointing.index ?? asLogIndex(0);
    if (served === undefined || this.#context.consensus.hasCatchingUpFollower(served, through)) return;
    this.#serving.drop();
    this.#cutLog();
  }

  /** Forgets entries that the checkpoint holds: in memory, and then on the disk (design, rule 14). */
  #cutLog(): void {
    const { log } = this.#context;
    const through = this.#beforeTail(this.#forgettable());
    if (through < log.firstIndex) return;
    this.#logCompaction.add(log.forgetThrough(this.#context.consensus.compact(through)));
  }

  /**
   * Followers keep a tail, too: whoever of them leads next has entries for one that is a little behind, which would
   * need a whole state otherwise.
   */
  #beforeTail(index: LogIndex): LogIndex {
    const { log, checkpointLogBytes } = this.#context;
    return log.beforeTail(index, checkpointLogBytes / LIMITS.logTailDivisor);
  }

  /**
   * Whoever fetches a state needs the entries behind it, or all was in vain. But the log has its bounds: beyond them
   * that state leads nowhere, and another one is offered.
   */
  #forgettable(): LogIndex {
    const through = this.#checkpointing.index ?? asLogIndex(0);
    const held = this.#serving.index;
    if (held === undefined || held >= through) return through;
    const heldBytes = this.#context.log.bytesBehind(held);
    if (heldBytes <= LIMITS.heldLogFactor * this.#checkpointing.dueBytes) return held;
    this.#serving.drop();
    return through;
  }
}
