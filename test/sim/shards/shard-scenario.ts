import { scenariosOn } from '../courses/scenario.ts';
import { ShardStage, type ShardStageOptions } from './shard-stage.ts';

/** Declares a scenario for a system with several orders. */
export const scenario = scenariosOn((seed: number, options: ShardStageOptions) => new ShardStage(seed, options));
