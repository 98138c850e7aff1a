import type { Greeting, GreetingAnswer } from './greeting.ts';

/** Answers a greeting with the newest version that both ends support. Both ends compute the same answer. */
export function answerGreeting(own: Greeting, other: Greeting): GreetingAnswer {
  if (own.cluster !== undefined && other.cluster !== undefined && own.cluster !== other.cluster) {
    return { kind: 'refused', code: 'FRAME_OF_OTHER_CLUSTER' };
  }
  const version = Math.min(own.versionMaximum, other.versionMaximum);
  if (version < Math.max(own.versionMinimum, other.versionMinimum)) {
    return { kind: 'refused', code: 'VERSION_UNSUPPORTED' };
  }
  return { kind: 'accepted', version };
}
