/**
 * Priority of a frame on a link. `urgent` frames (votes, heartbeats, presence) overtake all others. `call` frames
 * (requests of clients and their answers) and `bulk` frames (appends, snapshots, shards) alternate chunk by chunk.
 */
export type Urgency = 'urgent' | 'bulk' | 'call';
