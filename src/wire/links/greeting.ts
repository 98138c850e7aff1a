import type { ErrorCode } from '../errors.ts';

export type { Greeting } from '../generated/shardbearer.ts';

export type GreetingAnswer =
  | { readonly kind: 'accepted'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode };
