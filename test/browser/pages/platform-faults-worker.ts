/** The product's own worker, in which one call of the platform fails. The fault is the worker's name, as JSON. */
import './platform-faults-install.ts';
import '../../../src/hosts/browser/worker.ts';
