import { testPlantedBugs } from './test-planted-bugs.ts';
import { WATCH_BUGS } from './planted-watch-bugs.ts';

testPlantedBugs('watches-', WATCH_BUGS);
