/** The list of figures about this tab and its order. */
import type { OrderView, ReplicaView } from '../../radiant/contract.ts';
import type { SignalingState } from '../../transport/contract.ts';
import { counted } from './counted.ts';
import { isDown, ownOrder } from './own-order.ts';
import type { ShownView } from './shown-view.ts';

const SIGNALING: Readonly<Record<SignalingState, string>> = {
  connecting: 'connecting…',
  connected: 'connected',
  unreachable: 'does not answer',
  refused: 'refuses this tab',
};

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly explained: string;
}

export function Facts({ view }: { readonly view: ShownView }) {
  return (
    <section class="card" aria-labelledby="facts-title">
      <h2 id="facts-title">State</h2>
      <dl class="facts">
        {factsOf(view).map(({ name, value, explained }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-fact={name.toLowerCase().replaceAll(' ', '-')}>{value}</dd>
            <dd class="hint">{explained}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function factsOf(view: ShownView): readonly Fact[] {
  const own = view.radiants[0];
  const order = own === undefined ? undefined : ownOrder(own);
  const replica = order?.replica;
  const facts: Fact[] = [];
  if (own?.formation.kind === 'formed') {
    const { number } = own.formation.configuration;
    facts.push({ name: 'Configuration', value: String(number), explained: 'the members and shards of each order' });
  }
  if (own !== undefined && order !== undefined) {
    const isUnknown = isDown(own) || (view.isLinking === true && !order.quorumReachable);
    facts.push({
      name: 'Copies',
      value: isUnknown ? '…' : copiesOf(order),
      explained: 'that can be reached now',
    });
  }
  if (replica !== undefined) {
    facts.push(
      { name: 'Term', value: String(replica.term), explained: 'increases with every election' },
      { name: 'Commit index', value: String(replica.committed), explained: 'the last entry that a majority holds' },
      ...keptFacts(replica),
    );
  }
  facts.push(
    { name: 'Signaling', value: SIGNALING[view.signaling], explained: 'how tabs find each other' },
    view.role === 'client'
      ? { name: 'Storage', value: 'none', explained: 'this tab is a client and keeps nothing' }
      : view.storage === 'durable'
        ? { name: 'Storage', value: 'on disk', explained: 'survives closing this tab' }
        : { name: 'Storage', value: 'memory only', explained: 'this tab never votes' },
    view.frames === 'worker'
      ? { name: 'Frames', value: 'straight to the worker', explained: 'a busy page delays nothing' }
      : { name: 'Frames', value: 'through the page', explained: 'a busy page delays them' },
  );
  const refused = Object.values(own?.refusedFrames ?? {}).reduce((sum, count) => sum + count, 0);
  if (refused > 0) facts.push({ name: 'Refused frames', value: String(refused), explained: 'malformed or foreign' });
  return facts;
}

/** Figures about the replica's log on disk, and about the snapshot that it fetches. */
function keptFacts({ firstIndex, lastIndex, logBytes, checkpointIndex, fetch }: ReplicaView): readonly Fact[] {
  const log = {
    name: 'Log',
    value: `${entries(lastIndex - firstIndex + 1)}, ${size(logBytes)}`,
    explained: checkpointIndex === undefined ? 'from the first entry on' : `checkpoint at entry ${checkpointIndex}`,
  };
  if (fetch === undefined) return [log];
  const stage = fetch.isAsking ? 'have come so far' : 'are here. The others wait for a herald';
  const explained = `of the state at entry ${fetch.index} ${fetch.isWhole ? 'are all of it' : stage}`;
  return [log, { name: 'Snapshot', value: `${counted(fetch.chunks, 'piece')}, ${size(fetch.bytes)}`, explained }];
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count.toLocaleString('en')} entries`;
}

export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function copiesOf({ members, reachableDevices }: OrderView): string {
  const copies = members.filter(({ reachable, memberKind }) => reachable && memberKind !== 'joining').length;
  return `${copies} on ${counted(reachableDevices, 'device')}`;
}
