/** The list of orders, with herald, members, share of the ring, and state. */
import { shortId } from '../../wire/identifiers.ts';
import { type ClusterMap, type OrderLine, type OrderState, shareOf } from './cluster-map.ts';
import { counted } from './counted.ts';

const STATES: Readonly<Record<OrderState, string>> = {
  serving: 'serves',
  changing: 'serves; its members change',
  electing: 'elects its herald',
  linking: 'connecting…',
  'without-quorum': 'no quorum',
  unknown: 'not known',
};

/** Number of orders that are listed. The ring shows all orders. */
const SHOWN = 24;

export function Orders({ map }: { readonly map: ClusterMap }) {
  return (
    <section class="card" aria-labelledby="orders-title">
      <h2 id="orders-title">{counted(map.orders.length, 'order')}</h2>
      <ul class="orders">
        {map.orders.slice(0, SHOWN).map((order) => (
          <OrderItem key={order.id} order={order} />
        ))}
      </ul>
      {map.orders.length > SHOWN && <p class="hint">and {map.orders.length - SHOWN} more</p>}
      <p class="hint">
        {map.bondsmith === undefined
          ? 'The bondsmith is being elected. Until then the configuration does not change.'
          : `${shortId(map.bondsmith)} is the bondsmith. It decides which radiants form which order, and which order serves which shard.`}
      </p>
    </section>
  );
}

function OrderItem({ order }: { readonly order: OrderLine }) {
  return (
    <li class={`order hue-${order.hue}`} data-order={order.id}>
      <span class="swatch" aria-hidden="true" />
      <div>
        <p class="order-head">
          <b>
            Order <code>{order.name}</code>
          </b>
          {order.isOwn && <span class="tag">this tab’s</span>}
          <span class={`order-state ${order.state}`}>{STATES[order.state]}</span>
        </p>
        <p class="detail">
          {membersOf(order)}
          {order.herald !== undefined && (
            <>
              , led by <code>{shortId(order.herald)}</code>
            </>
          )}
        </p>
        <p class="detail">
          {order.shards === 0
            ? 'no shards'
            : `${counted(order.shards, 'shard')}, ${counted(order.slots, 'slot')}, ${shareOf(order.slots)} of the ring`}
        </p>
      </div>
    </li>
  );
}

function membersOf({ voters, reachableVoters, learners, state }: OrderLine): string {
  const all = counted(voters, 'voter');
  const reachable = reachableVoters < voters && state !== 'linking' ? `${reachableVoters} of ${all} in reach` : all;
  return learners === 0 ? reachable : `${reachable}, ${counted(learners, 'learner')}`;
}
