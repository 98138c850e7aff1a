/** The numbers that a `Consensus` object counts its batches and reads with. */
import type { PersistNumber, ReadNumber } from './contract.ts';

export const asPersistNumber = (value: number): PersistNumber => value as PersistNumber;
export const asReadNumber = (value: number): ReadNumber => value as ReadNumber;
