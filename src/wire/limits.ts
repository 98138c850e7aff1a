/** Every size and count of the system, by subsystem. They bound what radiants accept from each other, so no option changes them. */
export const LIMITS = {
  messages: {
    /** UTF-8 bytes of a key. A key has at least one byte. */
    keyBytes: 1_024,
    /** Bytes of one value. The limit also holds after an append. */
    valueBytes: 1_048_576,
    /** Bytes of one frame. Larger than the largest value with its envelope. */
    frameBytes: 4_194_304,
    /** Relays of one frame. */
    hops: 4,
    /** Characters in the name of an algorithm, a state machine, a build or an application. */
    nameCharacters: 64,
    /** Characters in the message of a refusal. */
    refusalCharacters: 1_024,
  },
  links: {
    /** Bytes of one message on a data channel, with its header. */
    chunkBytes: 16_384,
    /** A link sends nothing while the `bufferedAmount` of its channel is above this. */
    linkBufferedBytes: 65_536,
    /** Bytes of frames queued on one link. A full queue drops old frames, large calls first, urgent frames last. */
    linkQueuedBytes: 16_777_216,
    /** Frames in transit in chunks on one link at the same time. */
    linkStreams: 4,
    /** Open links of one radiant. */
    neighbours: 32,
    /** Consecutive attempts to link with one radiant. The signaling server must then introduce the radiant again. */
    linkAttempts: 8,
    /** Link attempts of other radiants that a radiant remembers. A repeated offer has no effect. */
    rememberedAttempts: 1_024,
    /** Characters in an address or a credential of an ICE server. */
    addressCharacters: 512,
    /** ICE servers of one store, and addresses of one ICE server. */
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
    /** Bytes that wait for one member of a signaling room. The server disconnects a member that exceeds the limit. */
    memberBufferedBytes: 1_048_576,
    /** Connections to the signaling server that have joined no room. A further connection ends the oldest of them. */
    strangers: 1_000,
    /** Connections from one address, or one /64 network of IPv6, that have joined no room. A room of tabs behind one router fits. */
    strangersOfOneAddress: 256,
  },
  server: {
    /** Connections of the HTTP server without WebSockets. A further connection ends the oldest of them. */
    httpConnections: 4_096,
    /** HTTP connections without WebSockets from one address, or one /64 network of IPv6. */
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
    /** Bytes of entries that a leader keeps for slow followers after a checkpoint covers the entries. */
    laggingFollowerBytes: 4_194_304,
    /** Concurrent rounds of heartbeats that confirm reads at one herald. */
    readRounds: 2,
    /** Linearizable reads that wait at one herald. */
    pendingReads: 4_096,
  },
  herald: {
    /** Uncommitted commands at one herald. */
    pendingCommands: 8_192,
    /** Copies of one command that wait for the same answer. */
    waitingRetries: 32,
    /** Client boots whose latest request number a herald remembers. */
    rememberedClientBoots: 10_000,
    /** Sessions of one order. Opening a further session fails with `OVERLOADED`. */
    sessions: 10_000,
    /** Outcomes kept for one client in one order. Further commands fail with `OVERLOADED` until the client confirms. */
    sessionOutcomes: 4_096,
  },
  lists: {
    /** Entries of one page of a list. */
    pageEntries: 256,
    /** Bytes of keys and values after which a page ends. The last entry may exceed it. */
    pageBytes: 262_144,
    /** Keys that a herald examines for one page. A page of few shards may skip many keys of others. */
    examinedKeys: 4_096,
    /** Reads of a list under one hash tag until no write comes in between. The list then fails with `OVERLOADED`. */
    snapshotAttempts: 16,
  },
  client: {
    /** Concurrent requests of one kind from one client to one order. Kinds: reads, small writes, large writes. */
    clientRequests: 1_024,
    /** Bytes of the unfinished calls of one store object. A further call fails with `OVERLOADED` at once. */
    waitingCallBytes: 67_108_864,
    /** Largest size of a small write, which does not wait behind large writes. */
    smallCallBytes: 16_384,
    /** Bytes that count for each call in addition to its key and value. */
    callOverheadBytes: 512,
    /** Bytes of concurrent requests of one kind from one client to one order, before the first answer shows the speed. */
    sendWindowBytes: 4_194_304,
    /** Smallest send window, which slow answers lead to. One request is always sent, even if it exceeds the window. */
    sendWindowMinimumBytes: 65_536,
    /** Largest send window, which fast answers lead to. */
    sendWindowMaximumBytes: 8_388_608,
    /** Expected size of the first value that a client reads. */
    unknownReadBytes: 262_144,
    /** The slowest path to an order that retries allow for, in bytes per tick. This is 1 MiB per second. */
    slowBytesPerTick: 52_428,
  },
  log: {
    /** Bytes of a radiant's log. Proposals that exceed the limit fail with `OVERLOADED`. */
    logBytes: 536_870_912,
    /** Bytes of consecutive log entries in one record. */
    logRecordBytes: 262_144,
    /** The log keeps `checkpointLogBytes` divided by this after a checkpoint, for slow followers. */
    logTailDivisor: 4,
    /** Log records deleted in one write. A put never waits for more deletions. */
    logRecordsCutAtOnce: 128,
    /** Bytes of log after which a radiant makes its next checkpoint. A large state needs more. */
    checkpointLogBytes: 524_288,
    /** A large state is written again once the log has the size of the state divided by this. */
    checkpointStateDivisor: 2,
    /** When idle, a radiant makes a checkpoint once the state's size divided by this can be reclaimed. */
    checkpointRestDivisor: 8,
    /** Bytes of records in one write. One indivisible record can be larger. */
    writeBytes: 4_194_304,
    /** Bytes of a checkpoint in one write. */
    checkpointWriteBytes: 262_144,
  },
  storage: {
    /** Bytes written to a radiant's database before deleted data is swept off the disk. */
    sweepBytes: 1_048_576,
    /** Above this size the browser merges its files in the background without a sweep. */
    sweepBytesAtOnce: 8_388_608,
    /** One in this many sweeps also removes the tombstones of deletions. */
    sweepsBetweenReads: 8,
    /** Reads in a sweep that make the browser remove tombstones. A hundred reads suffice for small files. */
    sweepReads: 256,
  },
  snapshots: {
    /** A chunk of a state ends at or soon after this size. Chromium frees records of this size at once. */
    snapshotChunkBytes: 65_536,
    /** Bytes of the description of a snapshot. */
    snapshotDescriptionBytes: 65_536,
    /** Bytes of one chunk of a snapshot. Larger than the largest key with its value and all metadata. */
    snapshotChunkMaximumBytes: 2_097_152,
    /** Chunks of a snapshot that are requested or not yet on the receiver's disk. */
    snapshotWindow: 4,
    /** Chunks that a herald produces in one step to reach a requested chunk. */
    snapshotChunksAtOnce: 16,
    /** Consecutive rounds of unanswered requests for chunks. The receiver then waits for the next offer. */
    snapshotVainRounds: 4,
    /** Consecutive damaged copies of one snapshot. The receiver then stops requesting the snapshot for a while. */
    snapshotFailures: 3,
    /** A leader keeps log for a follower that fetches a snapshot, up to this multiple of the checkpoint threshold. */
    heldLogFactor: 4,
    /** Chunks of one snapshot. */
    snapshotChunks: 1_000_000,
  },
  handover: {
    /** Chunks of one shard in flight at once. A chunk is in flight from its request until it is in the log. */
    shardWindow: 4,
    /** Shards that one order receives from one other order at the same time. */
    shardsAtOnce: 4,
    /** Shards that one order receives at the same time. */
    shardsComing: 16,
    /** Shards whose chunks one herald holds ready for their new owners. */
    shardsGiven: 8,
    /** Bytes of handover chunks that a herald keeps for repeated requests, without the latest chunk of each shard. */
    shardsGivenBytes: 8_388_608,
    /** Bytes of chunks that arrived early at one receiving order. Chunks that exceed the limit are requested again. */
    shardsComingBytes: 8_388_608,
    /** Consecutive rounds of unanswered requests for chunks of a shard. Another shard then has its turn. */
    shardVainRounds: 4,
    /** Concurrent reports of installed shards from one order to the bondsmith. */
    shardReports: 16,
  },
  configuration: {
    /** Configurations that a bondsmith keeps, with the latest. Reading an older one fails with `CONFIGURATION_COMPACTED`. */
    configurations: 10_000,
    /** Bytes of one encoded configuration. */
    configurationBytes: 65_536,
    /** Bytes of `configurationBytes` that joins, fractures, moves and new orders leave free for necessary changes. */
    configurationReserveBytes: 2_048,
    /** With fewer bytes free above the reserve, new orders replace orders whose first voters have left. */
    renewalBytes: 4_096,
    /** Free bytes above `renewalBytes` at which the replacement of orders stops. */
    renewalSlackBytes: 1_024,
    /** Radiants of one configuration. */
    radiants: 1_024,
    /** Orders of one configuration. */
    orders: 1_024,
    /** Shards of one order. */
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
    /** Decisions without effect on one configuration for one request. The request then fails. */
    decisionAttempts: 3,
    /** Decided requests that a bondsmith remembers in full. For older clients, it remembers the latest request number. */
    rememberedDecisions: 1_024,
  },
  liveness: {
    /** Replicas whose flushed positions a radiant remembers. */
    seenReplicas: 1_024,
    /** Flushed positions in one message or record. Each replica has its latest position and those of its earlier boots. */
    sightings: 2_048,
    /** Lost identities of one device that a radiant announces. */
    retiredIdentities: 64,
    /** Absent members that one radiant announces. */
    absences: 64,
  },
  host: {
    /** Identities that one worker runs. A device with more voters needs a second tab. */
    radiantsInOneWorker: 16,
    /** Consecutive deaths of a worker while the store opens. Opening then fails. */
    workerDeaths: 3,
    /** Consecutive unanswered pings before a page replaces its worker. Used if the browser denies locks. */
    workerPings: 10,
  },
} as const;
