import { testPlantedBugs } from './finding.ts';
import { SHARD_BUGS } from './planted-shard-bugs.ts';

testPlantedBugs('shards-', SHARD_BUGS);
