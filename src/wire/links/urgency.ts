/**
 * `urgent` frames (votes, heartbeats, presence) overtake all others on a link. `call` frames (requests of clients, and
 * their answers) and `bulk` frames (appends, snapshots, shards) share what is left of it chunk by chunk.
 */
export type Urgency = 'urgent' | 'bulk' | 'call';
