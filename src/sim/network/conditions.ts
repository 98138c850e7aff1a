/** Latency, loss, duplication and reordering of frames. */

/** Probabilities are between 0 and 1. Times are in milliseconds. */
export interface Conditions {
  readonly latencyMs: readonly [from: number, to: number];
  readonly loss: number;
  readonly duplication: number;
  /** Share of the frames that may overtake earlier frames on their link. `reorderedByMs` is their extra delay. */
  readonly reordering: number;
  readonly reorderedByMs: readonly [from: number, to: number];
  /** Conditions for responses. Default: the same as for requests. */
  readonly replies?: Omit<Conditions, 'replies'>;
}

export const CALM: Conditions = { latencyMs: [0.2, 2], loss: 0, duplication: 0, reordering: 0, reorderedByMs: [0, 0] };

/**
 * Conditions as in the exercises of distributed-systems courses. Every tenth frame is lost, all frames may be
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
