/**
 * Runs before every test file. Properties get the same random examples in each run, so that a failure repeats.
 * `PROPERTY_SEED=7 npm run test:unit` uses other examples. A failed property prints how to replay its example.
 */
import fc from 'fast-check';

const seed = Number(process.env['PROPERTY_SEED'] ?? 1);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is a whole number, not ${process.env['PROPERTY_SEED']}`);
fc.configureGlobal({ seed });
