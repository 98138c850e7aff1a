/** Detects whether this page can still make links. */
import { TIMES } from '../../wire/times.ts';

export type PageNetwork =
  /** This page finds ICE candidates. */
  | 'works'
  /** Neither this page nor a new frame finds ICE candidates, so the device has no network. */
  | 'none'
  /**
   * A new frame finds ICE candidates, but this page finds none. Chromium ties the sockets of a page to its network
   * service process. After the death of that process the page never finds a candidate again, and its search never
   * completes.
   */
  | 'lost';

export interface ConnectionScope {
  readonly RTCPeerConnection: new () => ProbedConnection;
}

export interface ProbedConnection {
  onicecandidate: ((event: RTCPeerConnectionIceEvent) => void) | null;
  createDataChannel(label: string): unknown;
  setLocalDescription(): Promise<void>;
  close(): void;
}

/**
 * Tests the network of this page, and of a new frame, which has its own sockets.
 * @param withFrame runs a task with the window of a new frame
 */
export async function probePageNetwork(
  page: ConnectionScope = window,
  withFrame: FrameRunner = withNewFrame,
): Promise<PageNetwork> {
  const [ofPage, ofFrame] = await Promise.all([gathersAny(page), withFrame(gathersAny)]);
  if (ofPage) return 'works';
  return ofFrame ? 'lost' : 'none';
}

export type FrameRunner = (task: (scope: ConnectionScope) => Promise<boolean>) => Promise<boolean>;

async function withNewFrame(task: (scope: ConnectionScope) => Promise<boolean>): Promise<boolean> {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  document.documentElement.append(frame);
  try {
    const scope = frame.contentWindow?.window;
    return scope !== undefined && (await task(scope));
  } finally {
    frame.remove();
  }
}

/** Whether a new connection of this page or frame finds an ICE candidate within `candidatePatienceMs`. */
async function gathersAny(scope: ConnectionScope): Promise<boolean> {
  let connection: ProbedConnection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const probe = new scope.RTCPeerConnection();
    connection = probe;
    const found = new Promise<boolean>((resolve) => {
      probe.onicecandidate = ({ candidate }) => {
        if (candidate !== null && candidate.candidate !== '') resolve(true);
      };
      timer = setTimeout(() => resolve(false), TIMES.links.candidatePatienceMs);
    });
    probe.createDataChannel('probe');
    await probe.setLocalDescription();
    return await found;
  } catch {
    // This browser cannot make a connection in this page or frame.
    return false;
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}
