export type { Roster, RosterMember, TargetMembership } from '../generated/shardbearer.ts';
