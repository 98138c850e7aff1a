/** Texts for typed errors. Each says what failed and what to do. */
import { typedError } from '../../hosts/error-record.ts';
import { ERROR_CODES, type ErrorCode } from '../../wire/errors.ts';
import { asSentence } from '../../wire/sentence.ts';
import type { Remedy } from './remedy.ts';

export interface ErrorWords {
  readonly code: ErrorCode;
  readonly headline: string;
  readonly detail: string;
  readonly remedies: readonly Remedy[];
}

interface Words {
  readonly headline: string;
  /** Text that replaces the message of the error, if that message is written for programmers. */
  readonly detail?: string;
  readonly remedies?: readonly Remedy[];
}

const WORDS: Partial<Record<ErrorCode, Words>> = {
  INVALID_ARGUMENT: { headline: 'This cannot be used' },
  KEY_TOO_LARGE: { headline: 'The key is too long' },
  VALUE_TOO_LARGE: { headline: 'The value is too long' },
  NOT_FORMED: { headline: 'The cluster is not formed yet', remedies: ['open-tab'] },
  NO_QUORUM: { headline: 'Too few radiants can be reached. Nothing was changed', remedies: ['open-tab'] },
  CONFIGURATION_COMPACTED: { headline: 'This configuration is too old. It was deleted' },
  UNKNOWN_CONFIGURATION: { headline: 'This configuration does not exist yet' },
  UNKNOWN_ORDER: { headline: 'This order no longer exists. Look at the list again' },
  SHARD_MOVING: {
    headline: 'This shard is moving already. Nothing was changed',
    detail: 'Wait until it has arrived, and try again. The list below the ring shows it.',
  },
  SHARDS_APART: {
    headline: 'The two shards belong to different orders. Nothing was changed',
    detail: 'First move one of them to the order of the other. Consolidate them when it has arrived.',
  },
  LEAVE_TIMED_OUT: {
    headline: 'Other tabs have not taken over yet, so this tab stays',
    detail: 'Try again later. The other tabs keep the data that they have so far. More open tabs help.',
    remedies: ['open-tab'],
  },
  LAST_RADIANT: {
    headline: 'This tab holds the last copy of the data',
    detail:
      'Open the invite link in another tab first, and wait until it holds a copy. You can also just close this tab. Its data stays on this device.',
    remedies: ['copy-invite'],
  },
  CONFIGURATION_FULL: { headline: 'The configuration is full and does not change' },
  UNAVAILABLE: { headline: 'The call found no answer in time. Nothing was changed' },
  OVERLOADED: { headline: 'Too many calls at once. Nothing was changed' },
  OUTCOME_UNKNOWN: { headline: 'The outcome is unknown. Read the key before you write again' },
  ABORTED: { headline: 'The call was aborted' },
  CLOSED: { headline: 'This tab no longer takes part', remedies: ['rejoin', 'open-bare'] },
  STORAGE_LOST: {
    headline: 'The data of a radiant was lost',
    detail:
      'The data of a radiant of this tab is missing, damaged, or older than others saw it. ' +
      'Its identity was retired and never votes again. The tab continues with a new identity.',
  },
  FOUNDED_TWICE: {
    headline: 'This cluster was founded twice',
    detail:
      'This tab has met tabs of another founding. Both clusters keep their data and do not share it. ' +
      'Copy the needed data out of one of the two, and start over on its devices.',
    remedies: ['start-over'],
  },
  STORAGE_FAILED: {
    headline: 'The disk refused a write',
    detail: 'The radiant stepped down, acknowledged nothing, and restarts.',
  },
  STORAGE_FULL: {
    headline: 'The disk is full',
    detail:
      'This site has used all the space that it may use. Free space on this device. The radiant then continues by itself.',
  },
  STORAGE_HUNG: {
    headline: 'The disk of this device does not answer',
    detail:
      'Until it does, this tab can neither vote nor lead. Other tabs continue if they have a majority. ' +
      'An open tab retries by itself. If that takes long, reload the tab or restart the browser.',
    remedies: ['reload'],
  },
  STORAGE_TOO_NEW: {
    headline: 'This page is older than the data on this device',
    detail: 'Another tab has loaded a newer version of Shardbearer. Reload the page to get it too.',
    remedies: ['reload'],
  },
  STORAGE_UNAVAILABLE: { headline: 'No durable storage' },
  IDENTITY_TAKEN: { headline: 'Another tab runs the radiant of this tab', remedies: ['reload'] },
  UNSUPPORTED_PLATFORM: {
    headline: 'This browser cannot run Shardbearer',
    detail: 'Tabs link over WebRTC, which this browser lacks or blocks. Use another browser, or allow WebRTC.',
  },
  INSECURE_CONTEXT: {
    headline: 'This page needs HTTPS or localhost',
    detail:
      'Shardbearer needs Web Locks and Web Crypto, which browsers deny to plain http addresses. ' +
      'Open the page as http://localhost on this machine, or serve it over https.',
  },
  INVALID_INVITE: {
    headline: 'The invite link is damaged',
    detail: 'Copy the whole link again, up to its last character. This tab has neither joined nor founded a cluster.',
    remedies: ['open-bare'],
  },
  SIGNALING_UNREACHABLE: {
    headline: 'The signaling server does not answer',
    detail:
      'Linked tabs read and write without it. New tabs find no other tab until it answers again. ' +
      'Start the server, or name another one in the address of this page: ?signaling=wss://…',
  },
  FRAME_OF_OTHER_CLUSTER: {
    headline: 'Two clusters share this invite link',
    detail:
      'Another tab belongs to a different cluster with the same secret. Both clusters keep their data and do not share it.',
    remedies: ['start-over'],
  },
  VERSION_UNSUPPORTED: { headline: 'Another tab runs a different version', remedies: ['reload'] },
  LINK_FAILED: {
    headline: 'A link could not be made',
    detail:
      'This tab found no direct connection to another tab. It retries by itself. Meanwhile other tabs relay the data.',
  },
  NETWORK_SERVICE_DIED: { headline: 'This page has lost the network', remedies: ['reload'] },
  PLATFORM_FAILED: { headline: 'The browser refused an operation', remedies: ['reload'] },
  WORKER_DIED: { headline: 'The worker of this tab ended', remedies: ['reload'] },
  ROOM_FULL: { headline: 'The cluster has the maximum number of tabs' },
  INVARIANT_BROKEN: {
    headline: 'A bug in Shardbearer',
    detail:
      'The radiant stopped before it could do harm, and restarts. Please report the messages in the browser’s console.',
  },
};

export function wordsFor(error: unknown): ErrorWords {
  return wordsForProblem(typedError(error));
}

export function wordsForProblem(problem: { readonly code: ErrorCode; readonly message: string }): ErrorWords {
  const words = WORDS[problem.code];
  return {
    code: problem.code,
    headline: words?.headline ?? ERROR_CODES[problem.code].meaning,
    detail: words?.detail ?? asSentence(problem.message),
    remedies: words?.remedies ?? [],
  };
}
