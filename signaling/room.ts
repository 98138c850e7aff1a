import type { Join, RoomMember, ServerMessage } from '../src/wire/rendezvous.ts';

export type RoomName = Join['room'];
export type MemberId = RoomMember['id'];

/** A member's place in a room, with the connection to the member. */
export interface Seat {
  readonly member: RoomMember;
  send(message: ServerMessage): void;
}

/** The connected members of one cluster. */
export class Room {
  readonly #seats = new Map<MemberId, Seat>();

  get size(): number {
    return this.#seats.size;
  }

  find(member: MemberId): Seat | undefined {
    return this.#seats.get(member);
  }

  add(seat: Seat): void {
    this.#seats.set(seat.member.id, seat);
  }

  /** Removes a member, unless a newer connection has its seat, and tells the other members. */
  remove(seat: Seat): void {
    const { id } = seat.member;
    if (this.#seats.get(id) !== seat) return;
    this.#seats.delete(id);
    for (const other of this.#seats.values()) other.send({ kind: 'member-left', member: id });
  }

  /** Picks a few random radiants for a newcomer. Random picks keep the graph of introductions connected and sparse. */
  introduce(newcomer: MemberId, most: number, random: () => number): readonly RoomMember[] {
    const candidates = [...this.#seats.values()]
      .map((seat) => seat.member)
      .filter((member) => member.kind === 'radiant' && member.id !== newcomer);
    const drawn: RoomMember[] = [];
    while (drawn.length < most && candidates.length > 0) {
      drawn.push(...candidates.splice(Math.floor(random() * candidates.length), 1));
    }
    return drawn;
  }
}

export class Rooms {
  readonly #rooms = new Map<RoomName, Room>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room with this name, created if necessary. Undefined: the limit of rooms is reached. */
  enter(name: RoomName): Room | undefined {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (this.#rooms.size >= this.#most) return undefined;
    const room = new Room();
    this.#rooms.set(name, room);
    return room;
  }

  tidy(name: RoomName): void {
    if (this.#rooms.get(name)?.size === 0) this.#rooms.delete(name);
  }
}
