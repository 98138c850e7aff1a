import { StorageBench } from './storage-bench.ts';

declare global {
  var storageBench: StorageBench;
}

globalThis.storageBench = new StorageBench();
