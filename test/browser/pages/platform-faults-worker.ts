/** The product's worker, in which one platform call fails. The worker's name holds the fault as JSON. */
import './platform-faults-install.ts';
import '../../../src/hosts/browser/worker.ts';
