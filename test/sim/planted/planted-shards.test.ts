import { testPlantedBugs } from './test-planted-bugs.ts';
import { SHARD_BUGS } from './planted-shard-bugs.ts';

testPlantedBugs('shards-', SHARD_BUGS);
