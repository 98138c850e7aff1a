import { testPlantedBugs } from './test-planted-bugs.ts';
import { DISK_BUGS } from './planted-disk-bugs.ts';

testPlantedBugs('disks-', DISK_BUGS);
