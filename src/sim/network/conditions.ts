/** What the network does to frames. */

/** What every frame meets. Probabilities from 0 to 1, times in milliseconds. */
export interface Conditions {
  readonly latencyMs: readonly [from: number, to: number];
  readonly loss: number;
  readonly duplication: number;
  /** Share of frames that ignore the order on their link, and how much later they come. */
  readonly reordering: number;
  readonly reorderedByMs: readonly [from: number, to: number];
  /** What frames meet that answer others. Default: the same. */
  readonly replies?: Omit<Conditions, 'replies'>;
}

export const CALM: Conditions = { latencyMs: [0.2, 2], loss: 0, duplication: 0, reordering: 0, reorderedByMs: [0, 0] };

/**
 * As bad as courses on distributed systems make it for their students: every tenth frame is lost, none keeps its
 * place on its link, and most answers come when nobody waits for them any more.
 */
export const UNRELIABLE: Conditions = {
  latencyMs: [0, 26],
  loss: 0.1,
  duplication: 0,
  reordering: 1,
  reorderedByMs: [0, 0],
  replies: { latencyMs: [0, 26], loss: 0.1, duplication: 0, reordering: 2 / 3, reorderedByMs: [200, 2_200] },
};
