/** Typed errors in words, for people: what happened, and what to do. */
import { typedError } from '../../hosts/envelope.ts';
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
  /** In place of the error's own message, where that one speaks to programmers. */
  readonly detail?: string;
  readonly remedies?: readonly Remedy[];
}

const WORDS: Partial<Record<ErrorCode, Words>> = {
  INVALID_ARGUMENT: { headline: 'This cannot be used' },
  KEY_TOO_LARGE: { headline: 'The key is too long' },
  VALUE_TOO_LARGE: { headline: 'The value is too long' },
  NOT_FORMED: { headline: 'The cluster is not formed yet', remedies: ['open-tab'] },
  NO_QUORUM: { headline: 'Too few radiants can be reached; nothing was changed', remedies: ['open-tab'] },
  CONFIGURATION_COMPACTED: { headline: 'That configuration is too old: it is not kept any more' },
  UNKNOWN_CONFIGURATION: { headline: 'There is no such configuration yet' },
  UNKNOWN_ORDER: { headline: 'There is no such order any more; look at the list again' },
  SHARD_MOVING: {
    headline: 'That shard is on its way already; nothing was changed',
    detail: 'Wait until it has arrived (it is listed below the ring), and try again.',
  },
  SHARDS_APART: {
    headline: 'The two shards belong to different orders; nothing was changed',
    detail: 'Move one of them to the order of the other first, and merge them when it is there.',
  },
  LEAVE_TIMED_OUT: {
    headline: 'Others have not taken over yet, so this tab stays',
    detail: 'Try again in a while: what they have by then need not be brought again. More open tabs help.',
    remedies: ['open-tab'],
  },
  LAST_RADIANT: {
    headline: 'This is the last one that holds the data',
    detail:
      'Open the invite link elsewhere first, and wait until the tab there holds a copy. Or just close this tab: its data stays on this device.',
    remedies: ['copy-invite'],
  },
  CONFIGURATION_FULL: { headline: 'The configuration is full: it stays as it is' },
  NOT_GOVERNED: {
    headline: 'Nobody decides in this cluster: it stays as it was founded',
    detail: 'Close the tab instead: its data stays on this device, and it is welcome back.',
  },
  UNAVAILABLE: { headline: 'It could not be done in time; nothing was changed' },
  OVERLOADED: { headline: 'Too much at once; nothing was changed' },
  OUTCOME_UNKNOWN: { headline: 'It may or may not have happened. Read the key before you write again' },
  ABORTED: { headline: 'The call was aborted' },
  CLOSED: { headline: 'This tab takes no part any more', remedies: ['rejoin', 'open-bare'] },
  STORAGE_LOST: {
    headline: 'The data of a radiant was lost',
    detail:
      'What a radiant of this tab had stored is gone, damaged, or older than what others saw of it. ' +
      'Its identity was retired, so it never votes as if it remembered, and the tab goes on with a new one.',
  },
  FOUNDED_TWICE: {
    headline: 'This cluster was founded twice',
    detail:
      'Tabs of another founding were met. Both keep their data, and what is written here is not there. ' +
      'Copy what is needed out of one of the two, and start over on its devices.',
    remedies: ['start-over'],
  },
  STORAGE_FAILED: {
    headline: 'The disk refused a write',
    detail: 'The radiant stepped down, acknowledged nothing, and starts anew.',
  },
  STORAGE_FULL: {
    headline: 'The disk is full',
    detail:
      'The space that this site may use is used up. Free space on this device; the radiant then goes on by itself.',
  },
  STORAGE_HUNG: {
    headline: 'The disk of this device does not answer',
    detail:
      'This tab can neither vote nor lead until it does. Other tabs go on without it where a majority is left. ' +
      'A tab that was open tries again by itself. If that takes long, reload it or restart the browser.',
    remedies: ['reload'],
  },
  STORAGE_TOO_NEW: {
    headline: 'This page is older than the data on this device',
    detail: 'Another tab has loaded a newer version of Shardbearer. Reload the page to get it too.',
    remedies: ['reload'],
  },
  STORAGE_UNAVAILABLE: { headline: 'No durable storage' },
  IDENTITY_TAKEN: { headline: 'Another tab took up the radiant of this one', remedies: ['reload'] },
  UNSUPPORTED_PLATFORM: {
    headline: 'This browser cannot run Shardbearer',
    detail: 'Tabs link over WebRTC, which this browser lacks or blocks. Use another browser, or allow WebRTC.',
  },
  INSECURE_CONTEXT: {
    headline: 'This page needs HTTPS or localhost',
    detail:
      'Browsers lock away what Shardbearer is built on (Web Locks, Web Crypto) on plain http addresses. ' +
      'Open the page as http://localhost on this machine, or serve it over https for others.',
  },
  INVALID_INVITE: {
    headline: 'The invite link is damaged',
    detail: 'Copy the link again, whole, up to its last character. Nothing was joined and nothing was founded.',
    remedies: ['open-bare'],
  },
  SIGNALING_UNREACHABLE: {
    headline: 'The signaling server does not answer',
    detail:
      'Tabs that are linked go on without it, reads and writes included. New tabs find nobody until it is back. ' +
      'Start it again, or name another one in the address of this page: ?signaling=wss://…',
  },
  FRAME_OF_OTHER_CLUSTER: {
    headline: 'Two clusters share this invite link',
    detail: 'Another tab belongs to a different cluster with the same secret. Both keep their data; they do not mix.',
    remedies: ['start-over'],
  },
  VERSION_UNSUPPORTED: { headline: 'Another tab runs a different version', remedies: ['reload'] },
  LINK_FAILED: {
    headline: 'A link could not be made',
    detail: 'A direct way to another tab was not found. It is tried again; data goes over the others meanwhile.',
  },
  NETWORK_SERVICE_DIED: { headline: 'This page has lost the network', remedies: ['reload'] },
  PLATFORM_FAILED: { headline: 'The browser refused an operation', remedies: ['reload'] },
  WORKER_DIED: { headline: 'The worker of this tab ended', remedies: ['reload'] },
  ROOM_FULL: { headline: 'The cluster has as many tabs as it takes' },
  INVARIANT_BROKEN: {
    headline: 'A bug in Shardbearer',
    detail:
      'The radiant stopped before it could do harm, and starts anew. Please report what the browser’s console says.',
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
