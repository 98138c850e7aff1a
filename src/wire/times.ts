/**
 * Every time of the system, grouped by subsystem. In milliseconds, or in ticks if the name ends in `Ticks`. Production
 * uses the frozen defaults. A test that cannot wait for them gives its radiants other times through their environment.
 */

const RAFT_TIMES = Object.freeze({
  /** Time between two ticks of a radiant. */
  tickMs: 50,
  /** A herald sends a heartbeat after this many ticks. */
  heartbeatTicks: 2,
  /** Shortest election time-out. The time-out is random, up to twice this value minus one. */
  electionTicks: 16,
  /** After a gap between two events of at least this length, no peer is blamed for silence. */
  clockGapMs: 1_000,
  /** A herald proposes an entry of its own again if the first one had no effect. */
  vainProposalMs: 2_000,
});

const LIVENESS_TIMES = Object.freeze({
  /** A radiant announces itself and what it knows to its neighbours. */
  presenceMs: 500,
  /** A neighbour that was silent for this long counts as unreachable. */
  neighbourSilenceMs: 2_000,
  /** A bondsmith decides nothing for this long after a clock gap. A neighbour that died during the gap is silent by then. */
  gapQuietMs: 2_500,
  /** A radiant asks again for a direct link to a member of its order. */
  connectRetryMs: 5_000,
  /** A radiant without a link that was silent for this long is forgotten. */
  peerMemoryMs: 60_000,
});

const FOUNDING_TIMES = Object.freeze({
  /** Longest time that a founding waits for other radiants. */
  foundingWindowMs: 5_000,
  /** A founding starts if no other radiant came for this long. */
  foundingQuietMs: 1_500,
});

const MEMBERSHIP_TIMES = Object.freeze({
  /** A voter that was silent for this long is replaced if a replacement exists. */
  deadAfterMs: 60_000,
  /** The same for a future voter that does not vote yet. */
  catchUpPatienceMs: 10_000,
  /** A learner of another order qualifies after it was present for this long. A seat is reserved as long after lost data. */
  candidatePresenceMs: 3_000,
  /** A radiant that said goodbye loses its membership if it stays away for this long. A reload is shorter. */
  awayMs: 5_000,
  /** A radiant becomes an additional voter only after it was present for this long (design, rule 6). */
  promotionMs: 10_000,
  /** A leave is cancelled if no other voters took over by then. The caller can choose another time. */
  leaveTimeoutMs: 120_000,
});

const COMPANION_TIMES = Object.freeze({
  /** A learner that flushes committed data within this time has caught up and can become the companion. */
  companionLookMs: 500,
  /** A companion that fell silent without a goodbye may return on another link within this time. */
  companionSilenceMs: 500,
  /** A companion that flushes nothing for this long, although it has data to flush, is dismissed. */
  companionFlushMs: 3_000,
});

const SNAPSHOT_TIMES = Object.freeze({
  /** A replica checks for a due checkpoint. */
  checkpointReviewMs: 1_000,
  /** Missing pieces of a snapshot are requested again. The wait doubles each time. */
  snapshotRetryMs: 1_000,
  /** The longest of these waits. */
  snapshotRetryMaximumMs: 8_000,
  /** A herald drops a snapshot if no follower requests pieces for this long. */
  snapshotOfferMs: 60_000,
  /** A snapshot that was damaged several times in a row is not requested for this long. */
  snapshotDistrustMs: 30_000,
});

const HANDOVER_TIMES = Object.freeze({
  /** Missing pieces of a shard are requested again. The wait doubles each time. */
  shardRetryMs: 500,
  /** The longest of these waits. */
  shardRetryMaximumMs: 4_000,
  /** A herald drops the pieces of a shard if no other order requests them for this long. */
  shardOfferMs: 15_000,
});

const LINK_TIMES = Object.freeze({
  /** Each end of a link pings the other. */
  linkPingMs: 1_000,
  /** A link that was silent for this long is closed. */
  linkSilenceMs: 5_000,
  /** If a connection has no candidate by then, the page compares its network with that of a new frame. */
  candidatePatienceMs: 1_000,
  /** A link that does not open by then is given up. */
  linkOpenMs: 10_000,
  /** An offer without an answer by then counts as lost. */
  linkAnswerMs: 8_000,
  /** After a channel closes, a goodbye may still arrive within this time. */
  goodbyePatienceMs: 250,
  /** If two radiants dial each other at once, the offer of the smaller one has priority for this long. */
  linkGlareMs: 2_000,
  /** A failed link is dialled again after about this long. The wait doubles each time. */
  linkRetryMs: 250,
  /** The longest of these waits. */
  linkRetryMaximumMs: 15_000,
  /** A radiant that rejected the greeting is not dialled again before. */
  linkRefusedMs: 60_000,
});

const SIGNALING_TIMES = Object.freeze({
  /** A lost connection to the signaling server is opened again after about this long. The wait doubles each time. */
  signalingRetryMs: 250,
  /** The longest of these waits. */
  signalingRetryMaximumMs: 10_000,
  /** A client pings the signaling server. */
  signalingPingMs: 10_000,
  /** The signaling server answers or welcomes the client by then. */
  signalingAnswerMs: 5_000,
  /** A radiant without links asks the signaling server for neighbours again. The wait doubles each time. */
  lonelinessMs: 10_000,
  /** The longest of these waits. */
  lonelinessMaximumMs: 80_000,
});

const SERVER_TIMES = Object.freeze({
  /** The signaling server pings its members. Two unanswered pings end a connection. */
  memberPingMs: 10_000,
  /** A connection to the signaling server joins a room by then, or ends. */
  joinPatienceMs: 5_000,
  /** The header of an HTTP request is complete by then, or the connection ends. */
  httpHeadersMs: 10_000,
  /** The same for the whole request. */
  httpRequestMs: 30_000,
  /** The server checks for requests that are too slow. */
  httpCheckMs: 5_000,
  /** An HTTP connection that was idle for this long ends. */
  httpSilenceMs: 60_000,
  /** A closing signaling server gives its members this long to disconnect. */
  signalingCloseMs: 1_000,
});

const STORAGE_TIMES = Object.freeze({
  /** A write that takes this long hangs. The radiant stops leading and its host starts a new boot. */
  writeTimeoutMs: 2_000,
  /** A write that a full disk rejected is tried again. */
  fullDiskRetryMs: 500,
  /** Opening or deleting a database waits this long for other tabs to close it. */
  storagePatienceMs: 10_000,
});

const CLIENT_TIMES = Object.freeze({
  /** A request without an answer is sent again after this, later if much is in flight. The wait doubles each time. */
  requestRetryMs: 500,
  /** The longest of these waits if little is in flight. */
  requestRetryMaximumMs: 2_000,
  /** Answers within this time enlarge the send window. */
  quickAnswerMs: 1_000,
  /** Answers that take longer than this shrink it. */
  slowAnswerMs: 2_500,
  /** A call that waited before it was first sent has at least this long for its answer. */
  answerPatienceMs: 5_000,
  /** A temporarily rejected request is sent again, unless the herald changes before. */
  refusalRetryMs: 100,
  /** A page waits this long for its worker to say whether an aborted call had been sent. */
  abortPatienceMs: 500,
  /** A call that was not sent, or has no answer, by then fails. */
  requestDeadlineMs: 10_000,
  /** Requests fail at once if no quorum was reachable for this long. Another tab needs less time to adopt a missing voter. */
  quorumPatienceMs: 2_500,
  /** The calls of a tab fail at once if its radiant did not run for this long. */
  downtimePatienceMs: 2_000,
  /** Requests fail at once if the radiant saw no sign of its cluster for this long. */
  seekingPatienceMs: 2_000,
  /** A client session that was unused for this long in log time expires. */
  sessionExpiryMs: 3_600_000,
});

const HOST_TIMES = Object.freeze({
  /** A new tab tries this long to take over an identity of its device. */
  identityPatienceMs: 500,
  /** The same for a tab that is new on this device. Only a tab that closes at this moment could leave it an identity. */
  newcomerPatienceMs: 100,
  /** The same if another tab runs several identities and hands over one of them. */
  handOverPatienceMs: 1_000,
  /** A radiant that is handed over waits this long for other voters to lead its orders. */
  leadershipTransferMs: 500,
  /** An identity that was free for this long is adopted by another tab of the device. A reload is shorter. */
  adoptionDelayMs: 1_500,
  /** The same if an order has no quorum without it. */
  adoptionUrgentMs: 500,
  /** A tab waits this much longer while another tab of the device runs fewer voters of the same order. */
  adoptionYieldMs: 1_000,
  /** A tab looks for radiants of its device to adopt. */
  adoptionCheckMs: 250,
  /** A halted radiant starts again after this. The wait doubles with every failure in a row. */
  restartDelayMs: 250,
  /** The longest of these waits. */
  restartDelayLongestMs: 8_000,
  /** Failures in a row are forgotten after a radiant or worker ran for this long. */
  steadyMs: 10_000,
});

const PAGE_TIMES = Object.freeze({
  /** A new worker that took no call by then failed to start. */
  workerStartMs: 10_000,
  /** If a new worker took no call by then, the page starts another one in parallel. The wait doubles each time. */
  workerHedgeMs: 1_000,
  /** A page pings its worker if the browser denies locks. */
  workerPingMs: 1_000,
  /** Changes of the view within this time are reported as one. */
  viewMs: 50,
  /** A page that draws no frame within this time calls its listeners without one. */
  framePatienceMs: 250,
  /** A page that closes its store waits this long for its worker, then terminates it. */
  closePatienceMs: 5_000,
  /** `ready()` prints what is missing to the browser's console after it waited for this long. */
  readyNoticeMs: 5_000,
  /** Starting over waits this long for another tab to close its databases. */
  forgetDeadlineMs: 5_000,
  /** The console opens without settings.json if it has no answer by then. */
  settingsAnswerMs: 3_000,
  /** The console reads settings.json again after a failure. The wait doubles each time. */
  settingsRetryMs: 1_000,
  /** The longest of these waits. */
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

/** Some times of some groups. */
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
    links: { ...TIMES.links, ...choice.links },
    signaling: { ...TIMES.signaling, ...choice.signaling },
    server: { ...TIMES.server, ...choice.server },
    storage: { ...TIMES.storage, ...choice.storage },
    client: { ...TIMES.client, ...choice.client },
    host: { ...TIMES.host, ...choice.host },
    page: { ...TIMES.page, ...choice.page },
  };
}
