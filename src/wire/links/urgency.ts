/** `urgent` frames (votes, heartbeats, presence) overtake `bulk` ones on a link. */
export type Urgency = 'urgent' | 'bulk';
