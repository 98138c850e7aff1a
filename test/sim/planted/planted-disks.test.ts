import { testPlantedBugs } from './finding.ts';
import { DISK_BUGS } from './planted-disk-bugs.ts';

testPlantedBugs('disks-', DISK_BUGS);
