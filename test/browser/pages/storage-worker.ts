import { StorageBench } from './storage-bench.ts';

Reflect.set(globalThis, 'storageBench', new StorageBench());
