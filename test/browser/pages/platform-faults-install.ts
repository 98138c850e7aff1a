/**
 * Installs the fault that the worker's name holds. This module must be imported first, so that the fault exists before
 * the product inspects the platform.
 */
import { installFault, type PlatformFault } from './platform-faults.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the page of this worker wrote it
if (self.name !== '') installFault(JSON.parse(self.name) as PlatformFault);
