/** The product's worker with one failing platform call. The worker's name holds the fault as JSON. */
import './platform-faults-install.ts';
import '../../../src/hosts/browser/worker.ts';
