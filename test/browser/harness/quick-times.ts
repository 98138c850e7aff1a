/** Times for tests that would wait long for those of production. Two busy cores keep them. */
import type { TimesChoice } from '../../../src/wire/times.ts';

/** Members come, leave and count as dead sooner. */
export const QUICK_MEMBERSHIP: TimesChoice = { membership: { promotionMs: 2_000, awayMs: 2_000, deadAfterMs: 5_000 } };
