/** Tells whether a store can answer, and otherwise what is missing. This file is pure. */
import { type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { HostView } from './contract.ts';

/** Error codes by which the signaling server rejects a tab. */
const REFUSALS: readonly ErrorCode[] = ['ROOM_FULL', 'VERSION_UNSUPPORTED', 'IDENTITY_TAKEN'];

/** Whether the cluster is formed and the herald of an order is known. */
export function isReady({ radiants: [own] }: HostView): boolean {
  return own?.formation.kind === 'formed' && own.orders.some(({ herald }) => herald !== undefined);
}

/** Names the condition that a store waits for. If one cause explains others, that cause is returned. */
export function whatIsMissing(view: HostView, signalingUrl: string): ShardbearerError {
  const [own] = view.radiants;
  const tooNew = problemOf(view, ['STORAGE_TOO_NEW']);
  if (tooNew !== undefined) return tooNew;
  if (own === undefined) return notStarted(view);
  if (own.neighbours.length === 0) {
    const unlinked = whatKeepsApart(view, signalingUrl);
    if (unlinked !== undefined) return unlinked;
  }
  switch (own.formation.kind) {
    case 'collecting': {
      const { present, needed } = own.formation;
      const here = `${present.length} of the ${needed} radiants that the cluster begins with are here`;
      return new ShardbearerError('NOT_FORMED', `${here}. Open the invite link in more tabs.`);
    }
    case 'seeking':
      return new ShardbearerError(
        'NOT_FORMED',
        'No tab that belongs to the cluster of this secret was found. Open the invite link on a device that was in it.',
      );
    case 'formed':
      return new ShardbearerError(
        'NO_QUORUM',
        'No order of the cluster has a herald that this tab can reach. Open the missing tabs again.',
      );
  }
}

export function notReadyWithin(view: HostView, signalingUrl: string, timeoutMs: number): ShardbearerError {
  const { code, message } = whatIsMissing(view, signalingUrl);
  return new ShardbearerError(code, `The store is not ready after ${timeoutMs / 1000} s. ${message}`);
}

function notStarted({ problems }: HostView): ShardbearerError {
  const problem = problems.at(-1);
  return problem === undefined
    ? new ShardbearerError('UNAVAILABLE', 'The worker of this tab has not started its radiant. Reload the page.')
    : new ShardbearerError(problem.code, problem.message);
}

/** The reason why this tab has no link to another tab. Undefined if the view shows no reason. */
function whatKeepsApart(view: HostView, signalingUrl: string): ShardbearerError | undefined {
  switch (view.signaling) {
    case 'unreachable':
      return signalingUnreachable(signalingUrl);
    case 'connecting':
      return new ShardbearerError(
        'SIGNALING_UNREACHABLE',
        `The signaling server at ${signalingUrl} has not answered yet. ${SIGNALING_REMEDY}`,
      );
    case 'refused':
      return (
        problemOf(view, REFUSALS) ?? new ShardbearerError('ROOM_FULL', 'The signaling server is full. Retry later.')
      );
    case 'connected':
      return problemOf(view, ['NETWORK_SERVICE_DIED', 'LINK_FAILED', 'VERSION_UNSUPPORTED']);
  }
}

const SIGNALING_REMEDY =
  'Start one (`SERVE=signaling npm start` in the directory of Shardbearer), or correct the option `signaling`. ' +
  'A development server must pass the path on to it.';

export function signalingUnreachable(signalingUrl: string): ShardbearerError {
  const what = `The signaling server at ${signalingUrl} does not answer, so this tab finds no other tab`;
  return new ShardbearerError('SIGNALING_UNREACHABLE', `${what}. ${SIGNALING_REMEDY}`);
}

function problemOf({ problems }: HostView, codes: readonly ErrorCode[]): ShardbearerError | undefined {
  const problem = problems.findLast(({ code }) => codes.includes(code));
  return problem === undefined ? undefined : new ShardbearerError(problem.code, problem.message);
}
