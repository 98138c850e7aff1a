/**
 * Every time of the system, grouped by subsystem. Times are in milliseconds, or in ticks if the name ends in `Ticks`.
 * Production uses the frozen defaults. A test that cannot wait for the defaults gives its radiants other times through
 * their environment.
 */

const RAFT_TIMES = Object.freeze({
  /** Interval between two ticks of a radiant. */
  tickMs: 50,
  /** Ticks between two heartbeats of a herald to its followers. */
  heartbeatTicks: 2,
  /** Shortest election time-out. Each time-out is random, and less than twice this number of ticks. */
  electionTicks: 16,
  /** Shortest pause between two events that counts as a clock gap. After a clock gap, no peer is blamed for silence. */
  clockGapMs: 1_000,
  /** Pause between two readings of the log time that is not counted, because the clock may have jumped. */
  logClockGapMs: 500,
  /** Delay before a herald proposes an entry of its own again, if the entry was applied without an effect. */
  vainProposalMs: 2_000,
});

const LIVENESS_TIMES = Object.freeze({
  /** Interval at which a radiant sends its presence to its neighbours. */
  presenceMs: 500,
  /** Silence after which a neighbour counts as unreachable. */
  neighbourSilenceMs: 2_000,
  /** Time after a clock gap in which a bondsmith decides nothing. By then, a neighbour that died during the gap is unreachable. */
  gapQuietMs: 2_500,
  /** Interval at which a radiant asks again for a direct link to a member of its order. */
  connectRetryMs: 5_000,
  /** Silence after which a radiant forgets a peer without a link. */
  peerMemoryMs: 60_000,
});

const FOUNDING_TIMES = Object.freeze({
  /** Longest time that a founding waits for other radiants. */
  foundingWindowMs: 5_000,
  /** A founding starts once no other radiant has appeared for this long. */
  foundingQuietMs: 1_500,
});

const MEMBERSHIP_TIMES = Object.freeze({
  /** Silence after which a voter is replaced, if another radiant can replace it. */
  deadAfterMs: 60_000,
  /** Absence after which a radiant that should become a voter, but does not vote yet, is replaced. */
  catchUpPatienceMs: 10_000,
  /** Presence after which an order can take over a learner of another order. A seat is also kept this long after a data loss. */
  candidatePresenceMs: 3_000,
  /** Absence after a goodbye after which a member is removed. A reload takes less time. */
  awayMs: 5_000,
  /** Presence after which a radiant can become an additional voter of its order (design, rule 6). */
  promotionMs: 10_000,
  /** Default time-out of `leave()`. The radiant stays if other voters have not taken over its data by then. */
  leaveTimeoutMs: 120_000,
});

const COMPANION_TIMES = Object.freeze({
  /** A learner that flushes all committed data within this time has caught up, and can become the companion. */
  companionLookMs: 500,
  /** Silence after which a herald gives up its companion. A companion that lost its link can return over another link within this time. */
  companionSilenceMs: 500,
  /** Time without progress after which a herald gives up a companion that has data to flush. */
  companionFlushMs: 3_000,
});

const SNAPSHOT_TIMES = Object.freeze({
  /** Interval at which a replica checks whether a checkpoint is due. */
  checkpointReviewMs: 1_000,
  /** Delay before missing chunks of a snapshot are requested again. The delay doubles each time. */
  snapshotRetryMs: 1_000,
  /** Longest delay before missing chunks of a snapshot are requested again. */
  snapshotRetryMaximumMs: 8_000,
  /** A herald drops a snapshot if no follower requests chunks for this long. */
  snapshotOfferMs: 60_000,
  /** Pause in requests for a snapshot that was damaged several times in a row. */
  snapshotDistrustMs: 30_000,
});

const HANDOVER_TIMES = Object.freeze({
  /** Delay before missing chunks of a shard are requested again. The delay doubles each time. */
  shardRetryMs: 500,
  /** Longest delay before missing chunks of a shard are requested again. */
  shardRetryMaximumMs: 4_000,
  /** A herald drops the chunks of a shard if no other order requests them for this long. */
  shardOfferMs: 15_000,
});

const TRANSACTION_TIMES = Object.freeze({
  /** A herald settles a lock or a commit that has been open for this long. Its client has probably gone. */
  lockPatienceMs: 2_000,
  /** A herald releases the range of a snapshot that has been locked for this long. Writes to the range wait meanwhile. */
  rangePatienceMs: 5_000,
});

const LINK_TIMES = Object.freeze({
  /** Interval at which each end of a link pings the other. */
  linkPingMs: 1_000,
  /** Silence after which a link is closed. */
  linkSilenceMs: 5_000,
  /** If a connection has found no ICE candidate after this time, the page tests whether a new frame finds one. */
  candidatePatienceMs: 1_000,
  /** Time limit for a link to open. An attempt to link fails after this time. */
  linkOpenMs: 10_000,
  /** Time limit for the answer to an offer. An unanswered offer counts as lost after this time. */
  linkAnswerMs: 8_000,
  /** Time that a closed link waits for a goodbye, which can arrive after the channel has closed. */
  goodbyePatienceMs: 250,
  /** If two radiants dial each other at once, the offer of the smaller id has priority for this long. */
  linkGlareMs: 2_000,
  /** Approximate delay before a failed link is dialled again. The delay doubles each time. */
  linkRetryMs: 250,
  /** Longest delay before a failed link is dialled again. */
  linkRetryMaximumMs: 15_000,
  /** Time in which a radiant is not dialled again after its greeting was incompatible. */
  linkRefusedMs: 60_000,
});

const SIGNALING_TIMES = Object.freeze({
  /** Approximate delay before a lost connection to the signaling server is opened again. The delay doubles each time. */
  signalingRetryMs: 250,
  /** Longest delay before a connection to the signaling server is opened again. */
  signalingRetryMaximumMs: 10_000,
  /** Interval at which a client pings the signaling server. */
  signalingPingMs: 10_000,
  /** Time limit for the signaling server to answer a ping or to welcome a client. */
  signalingAnswerMs: 5_000,
  /** Delay before a radiant without links asks the signaling server for neighbours again. The delay doubles each time. */
  lonelinessMs: 10_000,
  /** Longest delay before a radiant without links asks for neighbours again. */
  lonelinessMaximumMs: 80_000,
});

const SERVER_TIMES = Object.freeze({
  /** Interval at which the signaling server pings its members. Two unanswered pings end a connection. */
  memberPingMs: 10_000,
  /** Time in which a new connection to the signaling server has to join a room. Otherwise the server ends the connection. */
  joinPatienceMs: 5_000,
  /** Time limit for the header of an HTTP request. The server ends a connection that exceeds the limit. */
  httpHeadersMs: 10_000,
  /** Time limit for a whole HTTP request. The server ends a connection that exceeds the limit. */
  httpRequestMs: 30_000,
  /** Interval at which the HTTP server checks for requests that exceed their time limits. */
  httpCheckMs: 5_000,
  /** Time after which an idle HTTP connection ends. */
  httpSilenceMs: 60_000,
  /** Time that a closing signaling server gives its members to disconnect. */
  signalingCloseMs: 1_000,
});

const STORAGE_TIMES = Object.freeze({
  /** A write that takes this long counts as hung. The radiant stops leading and its host starts a new boot. */
  writeTimeoutMs: 2_000,
  /** Delay before a write is tried again after a full disk rejected it. */
  fullDiskRetryMs: 500,
  /** Time that opening or deleting a database waits for other tabs to close it. */
  storagePatienceMs: 10_000,
});

const CLIENT_TIMES = Object.freeze({
  /** Delay before an unanswered request is sent again. The delay is longer if many bytes are in flight, and it doubles each time. */
  requestRetryMs: 500,
  /** Longest delay before an unanswered request is sent again, if few bytes are in flight. */
  requestRetryMaximumMs: 2_000,
  /** An answer within this time enlarges a send window that is more than half full. */
  quickAnswerMs: 1_000,
  /** An answer that takes longer than this shrinks the send window. */
  slowAnswerMs: 2_500,
  /** Least time between the first sending of a call and its deadline, if the call waited before it was sent. */
  answerPatienceMs: 5_000,
  /** Delay before a temporarily rejected request is sent again. A change of the herald ends the delay early. */
  refusalRetryMs: 100,
  /** Approximate pause of a transaction that met the lock of another one. The pause is random, and its limit doubles each time. */
  transactionRetryMs: 25,
  /** Longest pause of a transaction that met locks. */
  transactionRetryMaximumMs: 800,
  /** Time that a page waits for its worker to report whether an aborted call had been sent. */
  abortPatienceMs: 500,
  /** A call that was not sent, or has no answer, by then fails. */
  requestDeadlineMs: 10_000,
  /** Requests fail at once if no quorum was reachable for this long. Another tab can adopt a missing voter within this time. */
  quorumPatienceMs: 2_500,
  /** The calls of a tab fail at once if its radiant did not run for this long. */
  downtimePatienceMs: 2_000,
  /** Requests fail at once if the radiant saw no sign of its cluster for this long. */
  seekingPatienceMs: 2_000,
  /** Time that a replica lets a question of a watcher wait for a change. */
  watchWaitMs: 2_000,
  /** Delay before a watch asks an order again that could not answer. */
  watchRetryMs: 500,
  /** A client session expires if it was unused for this long in log time. */
  sessionExpiryMs: 3_600_000,
});

const HOST_TIMES = Object.freeze({
  /** Time that a returning tab tries to take over an identity of its device. */
  identityPatienceMs: 500,
  /** Time that a new tab tries to take over an identity. Such an identity becomes free only if another tab closes at this moment. */
  newcomerPatienceMs: 100,
  /** Time that a tab waits for an identity if another tab runs several identities and can hand one over. */
  handOverPatienceMs: 1_000,
  /** Time that a radiant waits for other voters to lead its orders before it is handed over. */
  leadershipTransferMs: 500,
  /** Another tab of the device adopts an identity that was free for this long. A tab that reloads takes its identity back earlier. */
  adoptionDelayMs: 1_500,
  /** Another tab adopts an identity after this shorter time, if an order has no quorum without the identity. */
  adoptionUrgentMs: 500,
  /** Additional time before a tab adopts an identity, while another tab of the device runs fewer voters of the same order. */
  adoptionYieldMs: 1_000,
  /** Interval at which a tab looks for radiants of its device to adopt. */
  adoptionCheckMs: 250,
  /** Delay before a halted radiant starts again. The delay doubles with every failure in a row. */
  restartDelayMs: 250,
  /** Longest delay before a halted radiant starts again. */
  restartDelayLongestMs: 8_000,
  /** Failures in a row are forgotten after a radiant or worker ran for this long. */
  steadyMs: 10_000,
});

const PAGE_TIMES = Object.freeze({
  /** Time limit for a new worker to take its first call. The start of the worker then fails. */
  workerStartMs: 10_000,
  /** If a new worker takes no call within this time, the page starts another worker in parallel. The delay doubles each time. */
  workerHedgeMs: 1_000,
  /** Interval at which a page pings its worker. Pages send pings only if the browser denies locks. */
  workerPingMs: 1_000,
  /** Changes of the view within this time are reported as one. */
  viewMs: 50,
  /** A page that draws no frame within this time calls its listeners without waiting for a frame. */
  framePatienceMs: 250,
  /** Time that a closing store waits for its worker before it terminates the worker. */
  closePatienceMs: 5_000,
  /** Time after which a waiting `ready()` prints to the browser's console what is missing. */
  readyNoticeMs: 5_000,
  /** Time that starting over waits for other tabs to close their databases. */
  forgetDeadlineMs: 5_000,
  /** Time limit for reading settings.json. The console then opens without settings. */
  settingsAnswerMs: 3_000,
  /** Delay before the console reads settings.json again after a failure. The delay doubles each time. */
  settingsRetryMs: 1_000,
  /** Longest delay before the console reads settings.json again. */
  settingsRetryMaximumMs: 30_000,
});

const GROUPS = {
  raft: RAFT_TIMES,
  liveness: LIVENESS_TIMES,
  founding: FOUNDING_TIMES,
  membership: MEMBERSHIP_TIMES,
  companion: COMPANION_TIMES,
  snapshots: SNAPSHOT_TIMES,
  handover: HANDOVER_TIMES,
  transactions: TRANSACTION_TIMES,
  links: LINK_TIMES,
  signaling: SIGNALING_TIMES,
  server: SERVER_TIMES,
  storage: STORAGE_TIMES,
  client: CLIENT_TIMES,
  host: HOST_TIMES,
  page: PAGE_TIMES,
} as const;

export type Times = {
  readonly [Group in keyof typeof GROUPS]: { readonly [Name in keyof (typeof GROUPS)[Group]]: number };
};

/** The defaults, which production uses. */
export const TIMES: Times = Object.freeze(GROUPS);

/** Times that replace the defaults. An omitted time keeps its default. */
export type TimesChoice = { readonly [Group in keyof Times]?: Partial<Times[Group]> };

export function timesWith(choice: TimesChoice): Times {
  return {
    raft: { ...TIMES.raft, ...choice.raft },
    liveness: { ...TIMES.liveness, ...choice.liveness },
    founding: { ...TIMES.founding, ...choice.founding },
    membership: { ...TIMES.membership, ...choice.membership },
    companion: { ...TIMES.companion, ...choice.companion },
    snapshots: { ...TIMES.snapshots, ...choice.snapshots },
    handover: { ...TIMES.handover, ...choice.handover },
    transactions: { ...TIMES.transactions, ...choice.transactions },
    links: { ...TIMES.links, ...choice.links },
    signaling: { ...TIMES.signaling, ...choice.signaling },
    server: { ...TIMES.server, ...choice.server },
    storage: { ...TIMES.storage, ...choice.storage },
    client: { ...TIMES.client, ...choice.client },
    host: { ...TIMES.host, ...choice.host },
    page: { ...TIMES.page, ...choice.page },
  };
}
