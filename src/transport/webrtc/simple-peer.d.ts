/** Types for the part of simple-peer that this project uses. The prebuilt bundle of simple-peer has no types. */
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
     * The connection that the constructor made. Null after `destroy`. Undefined if the browser refused to make a
     * connection. The event `error` then reports the reason in a later task.
     */
    readonly _pc: RTCPeerConnection | null | undefined;
    readonly connected: boolean;
    readonly destroyed: boolean;
    /** Takes the JSON text of a `signal` event of the remote end. Other text destroys the peer with an error. */
    signal(data: string): void;
    send(data: string): void;
    destroy(): void;
    on(event: 'signal', listener: (data: object) => void): this;
    on(event: 'data', listener: (data: unknown) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'connect' | 'close', listener: () => void): this;
  }
}
