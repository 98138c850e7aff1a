import { TIMES } from './times.ts';

/** Every size and count of the system. They bound what radiants accept from each other, so no option changes them. */
export const LIMITS = {
  /** UTF-8 bytes of a key, at least 1. */
  keyBytes: 1_024,
  /** Bytes of one value, also after an append. */
  valueBytes: 1_048_576,
  /** One frame, whole. Above the largest value with room for its envelope. */
  frameBytes: 4_194_304,
  /** One message on a data channel, its header included. */
  chunkBytes: 16_384,
  /** `bufferedAmount` above which a link waits. */
  linkBufferedBytes: 65_536,
  /** Frames that wait for one link; beyond it the oldest are dropped, large calls first and urgent frames last. */
  linkQueuedBytes: 16_777_216,
  /** Frames that are in pieces on one link at the same time. */
  linkStreams: 4,
  /** How often a frame may be relayed. */
  hops: 4,
  /** Open links of one radiant. */
  neighbours: 32,
  /** Neighbours that the signaling server names to a newcomer. */
  introducedNeighbours: 8,
  /** Members of one signaling room. */
  roomMembers: 256,
  /** Rooms of one signaling server. */
  rooms: 10_000,
  /** One message to or from the signaling server. */
  signalingMessageBytes: 65_536,
  /** Messages that one member may send through the signaling server, each second. */
  signalingMessagesEachSecond: 200,
  /** Bytes of proposals that wait for their commit at a herald. */
  uncommittedBytes: 16_777_216,
  /** Bytes of entries in one append message. */
  appendBytes: 262_144,
  /** Append messages under way to one follower. */
  inflightAppends: 64,
  /** Bytes of entries in them. */
  inflightAppendBytes: 4_194_304,
  /** Bytes of entries that a leader keeps, though their state is durable, for followers that are a little behind. */
  laggingFollowerBytes: 4_194_304,
  /** Commands that wait for their commit at one herald. */
  pendingCommands: 8_192,
  /** Sendings of one command that wait for the same answer. */
  waitingRetries: 32,
  /** Replicas of which a radiant remembers what they have flushed. */
  seenReplicas: 1_024,
  /** Sightings of them in one message or record: of each its latest boot, and those before. */
  sightings: 2_048,
  /** Client boots of which a herald remembers how far they have asked. */
  rememberedClientBoots: 10_000,
  /** Rounds with the other voters that grant reads, under way at one herald at the same time. */
  readRounds: 2,
  /** Linearizable reads that wait at one herald. */
  pendingReads: 4_096,
  /** Requests of one kind (reads, small writes, large writes) under way from one client to one order. */
  clientRequests: 1_024,
  /** Bytes that the unfinished calls of one store object hold; a call beyond it is `OVERLOADED` at once. */
  waitingCallBytes: 67_108_864,
  /** A write of at most so many bytes is small: it does not wait behind large ones. */
  smallCallBytes: 16_384,
  /** Counted for each call in addition to its key and value. */
  callOverheadBytes: 512,
  /** Bytes of one kind of request under way from one client to one order, before any answer shows how fast it is. */
  sendWindowBytes: 4_194_304,
  /** The same where answers come late; one request always has room. */
  sendWindowMinimumBytes: 65_536,
  /** The same where answers come quickly. */
  sendWindowMaximumBytes: 8_388_608,
  /** Size of a value that is expected of a read, before any was read. */
  unknownReadBytes: 262_144,
  /** The slowest way to an order that a retry allows for, in bytes in each tick: 1 MiB each second. */
  slowBytesPerTick: 52_428,
  /** Sessions that one order keeps; beyond it opening one is `OVERLOADED`. */
  sessions: 10_000,
  /** Outcomes that one order keeps for one client; beyond it a command is `OVERLOADED` until the client finishes some. */
  sessionOutcomes: 4_096,
  /** Bytes of log that a radiant takes before it refuses proposals as `OVERLOADED`. */
  logBytes: 536_870_912,
  /** Bytes of entries that were appended one after another, and gather in one record. */
  logRecordBytes: 262_144,
  /** Bytes of log behind a radiant's last checkpoint from which on it makes the next; more where the state is large. */
  checkpointLogBytes: 524_288,
  /** Which part of a large state a log must come to before the state is written again. */
  checkpointStateDivisor: 2,
  /** Which part, where nothing is written any more: so much lies on a disk beside what is kept, at the most. */
  checkpointRestDivisor: 8,
  /** Which part of `checkpointLogBytes` stays in front of a checkpoint, for those that are a little behind. */
  logTailDivisor: 4,
  /** Bytes of records in one write, unless a part of it that cannot be divided is larger. */
  writeBytes: 4_194_304,
  /** Bytes of a checkpoint that go along with one write. */
  checkpointWriteBytes: 262_144,
  /** Records of the log that are deleted with one write, so that no put waits for thousands of them. */
  logRecordsCutAtOnce: 128,
  /** A piece of a state ends at so many bytes or soon after: Chromium frees records from this size on at once. */
  snapshotChunkBytes: 65_536,
  /** What is said of a state beside its pieces. */
  snapshotDescriptionBytes: 65_536,
  /** One piece of a snapshot: more than the largest key with its value and all that is kept of it. */
  snapshotChunkMaximumBytes: 2_097_152,
  /** Pieces of a snapshot that are asked for, or not on the receiver's disk yet, at the same time. */
  snapshotWindow: 4,
  /** Pieces that a herald makes in one step, where one far on is asked for. */
  snapshotChunksAtOnce: 16,
  /** Rounds in a row in which pieces are asked for again and none comes; then the next offer is waited for. */
  snapshotVainRounds: 4,
  /** Times in a row that the same snapshot is not what it was said to be; then it is not asked for for a while. */
  snapshotFailures: 3,
  /** While a follower fetches a snapshot, the log behind it is kept up to so many times what makes a checkpoint due. */
  heldLogFactor: 4,
  /** Pieces of one snapshot. */
  snapshotChunks: 1_000_000,
  /** Bytes written into a radiant's database, from which on what was deleted meanwhile is swept off the disk. */
  sweepBytes: 1_048_576,
  /** More than so much is left to the browser, which merges its files in the background. */
  sweepBytesAtOnce: 8_388_608,
  /** Each so many-th sweep also takes away the notes of deletions. */
  sweepsBetweenReads: 8,
  /** Reads that make the browser do so; it wants a hundred, or more of larger files. */
  sweepReads: 256,
  /** Configurations that can be asked for, the latest included; older ones are `CONFIGURATION_COMPACTED`. */
  configurations: 10_000,
  /** One configuration, encoded. */
  configurationBytes: 65_536,
  /** Of those, what joining, fracturing, moving, and orders that come or go leave for what has to go on. */
  configurationReserveBytes: 2_048,
  /** With less room than this beside that, orders end whose first voters have left, and others are born in their place. */
  renewalBytes: 4_096,
  /** An order that ends for this goes on with it until there is so much more room. */
  renewalSlackBytes: 1_024,
  /** Radiants of one configuration. */
  radiants: 1_024,
  /** Pieces of a shard that are asked for, or not in the log yet, at the same time. */
  shardWindow: 4,
  /** Shards that one order takes over from another one at the same time. */
  shardsAtOnce: 4,
  /** Shards that one order takes over at the same time, from whomever. */
  shardsComing: 16,
  /** Shards that one herald holds ready for those who ask for their pieces. */
  shardsGiven: 8,
  /** Bytes of their pieces that it keeps to hand them out again, beside the latest of each. */
  shardsGivenBytes: 8_388_608,
  /** Bytes of pieces that came before their turn, of all shards that one order takes over; more are asked for again. */
  shardsComingBytes: 8_388_608,
  /** Rounds in a row in which pieces are asked for again and none comes; then another shard has its turn. */
  shardVainRounds: 4,
  /** Shards of which an order tells the bondsmith at the same time that they have arrived. */
  shardReports: 16,
  /** Administrative requests that wait at one bondsmith. */
  pendingAdministrations: 256,
  /** Decisions on one configuration for the sake of one request: where none has an effect, there will be none. */
  decisionAttempts: 3,
  /** Requests decided on that a bondsmith remembers one by one; of those before it remembers how far each client had asked. */
  rememberedDecisions: 1_024,
  /** Orders of one configuration. */
  orders: 1_024,
  /** Shards that a founding divides the ring into, where nothing else is asked for. */
  foundingShards: 64,
  /** Shards of one order. */
  shards: 16_384,
  /** Orders that one radiant is a member of. */
  memberships: 64,
  /** Characters of the name of an algorithm, a state machine, a build or an application. */
  nameCharacters: 64,
  /** Characters of what a refusal says. */
  refusalCharacters: 1_024,
  /** Characters of an address or a credential in the signaling server's answer. */
  addressCharacters: 512,
  /** ICE servers, and addresses of each, in the signaling server's answer. */
  iceServers: 16,
  /** One encrypted offer, answer or candidate. */
  sealedBytes: 61_440,
  /** Attempts in a row to link with one radiant, before it must be named anew. */
  linkAttempts: 8,
  /** Attempts of others that are remembered, so that a repeated offer does nothing. */
  rememberedAttempts: 1_024,
  /** Sealed signals that wait to be opened, or to be sealed; beyond it they are dropped. */
  pendingSignals: 512,
  /** Connections to the signaling server that are in no room. One more ends the oldest of them. */
  strangers: 1_000,
  /** The same of one address, or of one /64 network of IPv6. A room of tabs behind one router fits. */
  strangersOfOneAddress: 256,
  /** Connections of the HTTP server that are no WebSockets. One more ends the oldest of them. */
  httpConnections: 4_096,
  /** The same of one address, or of one /64 network of IPv6. */
  httpConnectionsOfOneAddress: 1_024,
  /** Bytes that wait for one member of a signaling room; a member beyond it is let go. */
  memberBufferedBytes: 1_048_576,
  /** Members named in one order. */
  orderMembers: 64,
  /** Those and the ones that are on their way out of it. */
  rosterMembers: 128,
  /** Identities of one device, lost with their data, of which it tells others. */
  retiredIdentities: 64,
  /** Absent members of which one radiant tells others. */
  absences: 64,
  /** Identities that one worker runs: where a device has more voters, their orders need a second tab of it. */
  radiantsInOneWorker: 16,
  /** Workers in a row that die while the store is opened, before opening it fails. */
  workerDeaths: 3,
  /** Pings in a row that a worker leaves unanswered before its page replaces it, where the browser denies locks. */
  workerPings: 10,
} as const;

/** The default times of all groups in one table, for code that needs no other times. */
export const INTERVALS = Object.freeze({
  ...TIMES.raft,
  ...TIMES.liveness,
  ...TIMES.founding,
  ...TIMES.membership,
  ...TIMES.companion,
  ...TIMES.snapshots,
  ...TIMES.handover,
  ...TIMES.links,
  ...TIMES.signaling,
  ...TIMES.server,
  ...TIMES.storage,
  ...TIMES.client,
  ...TIMES.host,
  ...TIMES.page,
});
