/** Whether this page can still make links. */
import { INTERVALS } from '../../wire/limits.ts';

export type PageNetwork =
  /** This page gathers candidates. */
  | 'works'
  /** Nobody gathers any: this device has no network. */
  | 'none'
  /**
   * A new frame gathers candidates and this page gathers none. Chromium ties the sockets of a page to its network service
   * process. After the death of that process the page never gathers any again, and its connections gather for ever.
   */
  | 'lost';

/** What of a window makes connections. */
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
 * Compares this page with a new frame, which has sockets of its own.
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

/** Whether a new connection of this scope finds a candidate in time. */
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
      timer = setTimeout(() => resolve(false), INTERVALS.candidatePatienceMs);
    });
    probe.createDataChannel('probe');
    await probe.setLocalDescription();
    return await found;
  } catch {
    // This browser makes no connection here.
    return false;
  } finally {
    clearTimeout(timer);
    connection?.close();
  }
}
