/** Conditions that frames meet in the network. */

/** Probabilities are between 0 and 1, times in milliseconds. */
export interface Conditions {
  readonly latencyMs: readonly [from: number, to: number];
  readonly loss: number;
  readonly duplication: number;
  /** Share of the frames that may overtake others on their link, and their extra delay. */
  readonly reordering: number;
  readonly reorderedByMs: readonly [from: number, to: number];
  /** Conditions of responses. Default: the same. */
  readonly replies?: Omit<Conditions, 'replies'>;
}

export const CALM: Conditions = { latencyMs: [0.2, 2], loss: 0, duplication: 0, reordering: 0, reorderedByMs: [0, 0] };

/**
 * As unreliable as in the exercises of distributed-systems courses. Every tenth frame is lost, all frames may be
 * reordered, and most responses arrive late.
 */
export const UNRELIABLE: Conditions = {
  latencyMs: [0, 26],
  loss: 0.1,
  duplication: 0,
  reordering: 1,
  reorderedByMs: [0, 0],
  replies: { latencyMs: [0, 26], loss: 0.1, duplication: 0, reordering: 2 / 3, reorderedByMs: [200, 2_200] },
};
