import { TransportBench } from './transport-bench.ts';

addEventListener('message', (event: MessageEvent<MessagePort>) => {
  Reflect.set(globalThis, 'transportBench', new TransportBench(event.data));
});
