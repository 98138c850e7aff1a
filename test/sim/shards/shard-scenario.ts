import { scenariosOn } from '../courses/scenario.ts';
import { ShardStage, type ShardStageOptions } from './shard-stage.ts';

/** A play for a system of several orders. */
export const scenario = scenariosOn((seed: number, options: ShardStageOptions) => new ShardStage(seed, options));
