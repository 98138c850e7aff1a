/**
 * Before every file of tests: properties are checked on the same examples in each run, so that a run which fails does so
 * again. `PROPERTY_SEED=7 npm run test:unit` tries others; what a failed one prints replays it, too.
 */
import fc from 'fast-check';

const seed = Number(process.env['PROPERTY_SEED'] ?? 1);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number, not ${process.env['PROPERTY_SEED']}`);
fc.configureGlobal({ seed });
