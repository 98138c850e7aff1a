import type { RadiantLifecycle } from '../cluster/lifecycle.ts';
import type { FormationView, NeighbourView, RadiantView } from './contract.ts';
import type { Components } from './components.ts';

export function viewOf(components: Components, lifecycle: RadiantLifecycle): RadiantView {
  const { identity, configuration, inputErrors, neighbourhood } = components;
  const { topology, splitBrainDetector } = neighbourhood;
  return {
    radiant: identity.radiant,
    boot: identity.boot,
    device: identity.device,
    lifecycle,
    cluster: components.cluster,
    formation: formationOf(components),
    orders: configuration.orders().map((order) => topology.view(order)),
    bondsmith: configuration.bondsmith && topology.view(configuration.bondsmith),
    neighbours: neighboursOf(components),
    withoutRoom: components.bondsmith.withoutRoom,
    leaving: components.memberships.joinAndLeave.leaving,
    foreign: splitBrainDetector.radiants(),
    refusedFrames: inputErrors.counts,
  };
}

function formationOf({ configuration, memberships, neighbourhood }: Components): FormationView {
  const { current } = configuration;
  const { founding } = memberships;
  const { peers } = neighbourhood;
  if (current !== undefined) return { kind: 'formed', configuration: current };
  // A peer has a configuration, which will arrive soon.
  if (peers.livePeers().some(({ presence }) => (presence?.configurationNumber ?? 0) > 0)) return { kind: 'seeking' };
  const isFounderHere = founding.isFounder || peers.livePeers().some(({ presence }) => presence?.founder === true);
  if (!isFounderHere) return { kind: 'seeking' };
  const present = founding.beacons().map(({ radiant }) => radiant);
  return { kind: 'collecting', present, needed: founding.needed };
}

function neighboursOf({ neighbourhood }: Components): readonly NeighbourView[] {
  const { peers } = neighbourhood;
  return [...peers.links()].map(({ link, neighbour, roundTripMs }) => {
    const presence = peers.peer(neighbour.radiant)?.presence;
    const { radiant } = neighbour;
    return { radiant, link, device: presence?.device, roundTripMs, clientOnly: presence?.clientOnly ?? false };
  });
}
