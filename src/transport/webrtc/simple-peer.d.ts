/** The part of simple-peer that is used here; its ready-made bundle comes without types. */
declare module 'simple-peer/simplepeer.min.js' {
  export interface SimplePeerOptions {
    readonly initiator: boolean;
    readonly trickle: boolean;
    readonly objectMode: boolean;
    readonly config: RTCConfiguration;
  }

  export default class SimplePeer {
    constructor(options: SimplePeerOptions);
    /**
     * The connection itself: made in the constructor, null after `destroy`. Undefined where the browser refused to make
     * it; the event `error` then says why, after this task.
     */
    readonly _pc: RTCPeerConnection | null | undefined;
    readonly connected: boolean;
    readonly destroyed: boolean;
    /** JSON text of what the far end's `signal` event gave; anything else destroys the peer with an error. */
    signal(data: string): void;
    send(data: string): void;
    destroy(): void;
    on(event: 'signal', listener: (data: object) => void): this;
    on(event: 'data', listener: (data: unknown) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'connect' | 'close', listener: () => void): this;
  }
}
