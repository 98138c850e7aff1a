import { MACHINE_BUGS } from './planted-machine-bugs.ts';
import { testPlantedBugs } from './test-planted-bugs.ts';

testPlantedBugs('machines-', MACHINE_BUGS);
