/** Every size and count of the system, by subsystem. They bound the data that radiants accept from each other, so no option changes them. */
export const LIMITS = {
  messages: {
    /** UTF-8 bytes of a key. A key has at least one byte. */
    keyBytes: 1_024,
    /** Bytes of one value. An append must not make a value larger, either. */
    valueBytes: 1_048_576,
    /** Bytes of one frame. A value of the largest size fits, with all headers. */
    frameBytes: 4_194_304,
    /** Times that one frame can be relayed. */
    hops: 4,
    /** Characters in the name of an algorithm, a state machine, a build or an application. */
    nameCharacters: 64,
    /** Characters in the message of a refused request. */
    refusalCharacters: 1_024,
  },
  links: {
    /** Bytes of one message on a data channel, with its header. */
    chunkBytes: 16_384,
    /** Buffered bytes of a channel up to which a link sends. Above them the link waits. */
    linkBufferedBytes: 65_536,
    /** Bytes of frames queued on one link. A full queue drops old frames, large calls first and urgent frames last. */
    linkQueuedBytes: 16_777_216,
    /** Frames whose chunks can alternate on one link. */
    linkStreams: 4,
    /** Open links of one radiant. */
    neighbours: 32,
    /** Consecutive attempts to link with one radiant. Then the signaling server must introduce the radiant again. */
    linkAttempts: 8,
    /** Link attempts of other radiants that a radiant remembers, to ignore repeated offers. */
    rememberedAttempts: 1_024,
    /** Characters in an address or a credential of an ICE server. */
    addressCharacters: 512,
    /** ICE servers of one store. Also the number of addresses of one ICE server. */
    iceServers: 16,
    /** Bytes of one encrypted offer, answer or candidate. */
    sealedBytes: 61_440,
    /** Signals that wait for encryption or decryption. Further signals are dropped. */
    pendingSignals: 512,
  },
  signaling: {
    /** Neighbours that the signaling server names to a new member. */
    introducedNeighbours: 8,
    /** Members of one signaling room. */
    roomMembers: 256,
    /** Rooms of one signaling server. */
    rooms: 10_000,
    /** Bytes of one message to or from the signaling server. */
    signalingMessageBytes: 65_536,
    /** Messages of one member to the signaling server in each second. */
    signalingMessagesEachSecond: 200,
    /** Bytes that wait to be sent to one member of a signaling room. The server disconnects a member that exceeds the limit. */
    memberBufferedBytes: 1_048_576,
    /** Connections to the signaling server that have joined no room. A further connection ends the oldest such connection. */
    strangers: 1_000,
    /** Connections from one address, or one /64 network of IPv6, that have joined no room. A full room fits behind one router. */
    strangersOfOneAddress: 256,
  },
  server: {
    /** Connections of the HTTP server, WebSockets not included. A further connection ends the oldest one. */
    httpConnections: 4_096,
    /** Connections of the HTTP server from one address, or one /64 network of IPv6, WebSockets not included. */
    httpConnectionsOfOneAddress: 1_024,
  },
  raft: {
    /** Bytes of uncommitted proposals at one herald. */
    uncommittedBytes: 16_777_216,
    /** Bytes of entries in one append message. */
    appendBytes: 262_144,
    /** Unacknowledged append messages to one follower. */
    inflightAppends: 64,
    /** Bytes of entries in the unacknowledged append messages to one follower. */
    inflightAppendBytes: 4_194_304,
    /** Bytes of log entries that a leader keeps for slow followers, although a checkpoint covers the entries. */
    laggingFollowerBytes: 4_194_304,
    /** Concurrent rounds of heartbeats that confirm reads at one herald. */
    readRounds: 2,
    /** Linearizable reads that wait at one herald. */
    pendingReads: 4_096,
  },
  herald: {
    /** Uncommitted commands at one herald. */
    pendingCommands: 8_192,
    /** Copies of one command that wait at a herald for the command's answer. */
    waitingRetries: 32,
    /** Client boots whose latest request number a herald remembers. */
    rememberedClientBoots: 10_000,
    /** Client sessions of one order. Opening a further session fails with `OVERLOADED`. */
    sessions: 10_000,
    /** Outcomes of one session that an order keeps. Further commands fail with `OVERLOADED` until the client confirms outcomes. */
    sessionOutcomes: 4_096,
  },
  transactions: {
    /** Keys that one transaction checks, and keys that it writes. */
    keys: 128,
    /** Bytes of the keys and values of one transaction. */
    bytes: 1_048_576,
    /** Runs of the function of `transact`. Then the call fails with `CONFLICT`. */
    runs: 64,
    /** Transactions that hold locks in one slot. A further one fails with `OVERLOADED`. */
    locksOfSlot: 256,
    /** Ranges that snapshots lock in one order at the same time. A further one fails with `OVERLOADED`. */
    rangeLocks: 64,
    /** Open transactions that one radiant settles at the same time. */
    settledAtOnce: 256,
  },
  machines: {
    /** Bytes of the reply to one command of an application's machine. The order keeps the reply until the client has it. */
    commandReplyBytes: 16_384,
    /** Restored states that one replica keeps for reads of machines. */
    restoredStates: 256,
    /** Bytes of the values of the restored states that one replica keeps. */
    restoredBytes: 8_388_608,
  },
  expiry: {
    /** Longest time in milliseconds after which a key can expire (100 years). */
    longestMs: 3_155_760_000_000,
    /** Keys that one log entry removes because their time is over. Further entries remove the others. */
    keysOfEntry: 512,
    /** Keys that one log entry examines to find those. Keys that open transactions hold count as well. */
    examinedExpiries: 4_096,
  },
  lists: {
    /** Entries of one page of a list. */
    pageEntries: 256,
    /** Bytes of keys and values after which a page of a list ends. The last entry of the page may exceed the limit. */
    pageBytes: 262_144,
    /** Keys that a herald examines for one page of a list. Keys of shards that were not asked for count, too. */
    examinedKeys: 4_096,
    /** Attempts to list the keys of one hash tag without a write between two pages. The list then fails with `OVERLOADED`. */
    snapshotAttempts: 16,
  },
  watches: {
    /** Recent changes that an order keeps for watchers, over all served slots. The frozen shards of an order keep as many. */
    windowChanges: 4_096,
    /** Bytes of the recent changes that an order keeps. The latest change may exceed the limit. */
    windowBytes: 4_194_304,
    /** Bytes that count for each recent change in addition to its key and value. */
    changeOverheadBytes: 128,
    /** Changes of one answer to a watcher. */
    answerChanges: 256,
    /** Bytes of keys and values after which an answer to a watcher ends. The last changes may exceed the limit. */
    answerBytes: 262_144,
    /** Questions of watchers that wait for a change at one replica. */
    waitingQuestions: 1_024,
  },
  client: {
    /** Concurrent requests of one kind from one client to one order. Kinds: reads, small writes, large writes. */
    clientRequests: 1_024,
    /** Bytes of the unfinished calls of one store object. A further call fails with `OVERLOADED` at once. */
    waitingCallBytes: 67_108_864,
    /** Bytes up to which a write counts as small. Small writes do not wait behind large writes. */
    smallCallBytes: 16_384,
    /** Bytes that count for each call in addition to the call's key and value. */
    callOverheadBytes: 512,
    /** First size of a send window, which holds the requests of one kind from one client to one order. Answers change the size. */
    sendWindowBytes: 4_194_304,
    /** Smallest size to which slow answers shrink a send window. One request is always sent, even if it exceeds the window. */
    sendWindowMinimumBytes: 65_536,
    /** Largest size to which fast answers enlarge a send window. */
    sendWindowMaximumBytes: 8_388_608,
    /** Size that a client expects of a value before it has read any value from the order. */
    unknownReadBytes: 262_144,
    /** Assumed slowest transfer to an order, in bytes per tick (1 MiB per second). Clients retry after a transfer at this speed. */
    slowBytesPerTick: 52_428,
  },
  log: {
    /** Bytes of a radiant's log. Proposals that exceed the limit fail with `OVERLOADED`. */
    logBytes: 536_870_912,
    /** Bytes of consecutive log entries that are packed into one record. */
    logRecordBytes: 262_144,
    /** After a checkpoint, the log keeps `checkpointLogBytes` divided by this number, for slow followers. */
    logTailDivisor: 4,
    /** Log records deleted in one write, so that a put waits for few deletions. */
    logRecordsCutAtOnce: 128,
    /** Bytes of log after which a radiant makes its next checkpoint. For a large state, `checkpointStateDivisor` requires more bytes. */
    checkpointLogBytes: 524_288,
    /** A large state gets its next checkpoint once the log has the bytes of the state divided by this number. */
    checkpointStateDivisor: 2,
    /** When idle, a radiant makes a checkpoint that frees at least the bytes of the state divided by this number. */
    checkpointRestDivisor: 8,
    /** Bytes of records in one write. One indivisible record can be larger than the limit. */
    writeBytes: 4_194_304,
    /** Bytes of a checkpoint that one write contains. */
    checkpointWriteBytes: 262_144,
  },
  storage: {
    /** Bytes written to a radiant's database between two sweeps. A sweep makes the browser free the space of deleted records. */
    sweepBytes: 1_048_576,
    /** Bytes since the last sweep above which no sweep is made. The browser then frees the space in the background. */
    sweepBytesAtOnce: 8_388_608,
    /** One in this many sweeps also makes the browser remove its markers of deleted records. */
    sweepsBetweenReads: 8,
    /** Reads in a sweep that make the browser remove its markers of deleted records. A hundred reads suffice for small files. */
    sweepReads: 256,
  },
  snapshots: {
    /** Bytes after which a chunk of a state ends. The last item may exceed them. Chromium frees records of this size at once. */
    snapshotChunkBytes: 65_536,
    /** Bytes of the description of a snapshot. */
    snapshotDescriptionBytes: 65_536,
    /** Bytes of one chunk of a snapshot. The largest key fits with its value and all metadata. */
    snapshotChunkMaximumBytes: 2_097_152,
    /** Chunks of a snapshot in flight. A chunk is in flight from its request until it is on the receiver's disk. */
    snapshotWindow: 4,
    /** Chunks that a herald encodes in one step to reach a requested chunk. */
    snapshotChunksAtOnce: 16,
    /** Consecutive unanswered rounds of requests for chunks of a snapshot. The receiver then waits for the next offer. */
    snapshotVainRounds: 4,
    /** Consecutive damaged copies of one snapshot. The receiver then stops requesting the snapshot for `snapshotDistrustMs`. */
    snapshotFailures: 3,
    /** Log kept for a follower that fetches a snapshot, as a multiple of the log bytes that make a checkpoint due. */
    heldLogFactor: 4,
    /** Chunks of one snapshot. */
    snapshotChunks: 1_000_000,
  },
  handover: {
    /** Chunks of one shard in flight. A chunk is in flight from its request until it is in the log of the receiving order. */
    shardWindow: 4,
    /** Shards that one order receives from one other order at the same time. */
    shardsAtOnce: 4,
    /** Shards that one order receives at the same time. */
    shardsComing: 16,
    /** Shards whose chunks one herald holds ready for the receiving orders. */
    shardsGiven: 8,
    /** Bytes of handover chunks that a herald keeps for repeated requests. The latest chunk of each shard does not count. */
    shardsGivenBytes: 8_388_608,
    /** Bytes of chunks that arrived at a receiving order before their predecessors. Chunks that exceed the limit are requested again. */
    shardsComingBytes: 8_388_608,
    /** Consecutive unanswered rounds of requests for chunks of a shard. The receiving order then fetches another shard first. */
    shardVainRounds: 4,
    /** Concurrent reports to the bondsmith about shards that one order has installed. */
    shardReports: 16,
  },
  configuration: {
    /** Configurations that a bondsmith keeps, including the latest. Reading an older one fails with `CONFIGURATION_COMPACTED`. */
    configurations: 10_000,
    /** Bytes of one encoded configuration. */
    configurationBytes: 65_536,
    /** Bytes of `configurationBytes` that joins, fractures, moves and new orders leave free for necessary changes. */
    configurationReserveBytes: 2_048,
    /** With fewer bytes free above the reserve, new orders replace orders whose first voters have left but still take up bytes. */
    renewalBytes: 4_096,
    /** Free bytes above `renewalBytes` at which the replacement of orders with departed first voters stops. */
    renewalSlackBytes: 1_024,
    /** Radiants in one configuration. */
    radiants: 1_024,
    /** Orders in one configuration. */
    orders: 1_024,
    /** Shards of one order in a configuration. */
    shards: 16_384,
    /** Default number of shards at the founding. */
    foundingShards: 64,
    /** Members of one order in a configuration. */
    orderMembers: 64,
    /** Members in the roster of one order, including those that are about to leave. */
    rosterMembers: 128,
    /** Orders that one radiant is a member of. */
    memberships: 64,
    /** Administrative requests that wait at one bondsmith. */
    pendingAdministrations: 256,
    /** Decisions on the same configuration for one request. If none of them has an effect, the request fails. */
    decisionAttempts: 3,
    /** Decided requests that a bondsmith remembers in full. It remembers the latest number of each client's older requests. */
    rememberedDecisions: 1_024,
  },
  liveness: {
    /** Replicas whose flushed log positions a radiant remembers. */
    seenReplicas: 1_024,
    /** Flushed log positions in one message or record. Each replica has up to two, one for its latest boot and one for earlier boots. */
    sightings: 2_048,
    /** Lost identities of one device that a radiant announces. */
    retiredIdentities: 64,
    /** Absent members that one radiant announces. */
    absences: 64,
  },
  host: {
    /** Identities that one worker runs. A device with more voters needs a second tab. */
    radiantsInOneWorker: 16,
    /** Consecutive deaths of a worker while the store opens, after which opening fails. */
    workerDeaths: 3,
    /** Consecutive unanswered pings after which a page replaces its worker. Pages send pings only if the browser denies locks. */
    workerPings: 10,
  },
} as const;
