/** The console page, for every state that a tab can be in. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Shardbearer } from '../../hosts/contract.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { ask, type ChangeMade, Shards } from './administration.tsx';
import { type ClusterMap, clusterMapOf } from './cluster-map.ts';
import { wordsFor } from './error-words.ts';
import { Facts } from './facts.tsx';
import { copyText, Invite } from './invite.tsx';
import { Leave } from './leave.tsx';
import { Members } from './members.tsx';
import { OrderPicture } from './order-picture.tsx';
import { Orders } from './orders.tsx';
import { Problems } from './problems.tsx';
import { hasEnded, notesOf, type Situation, situationOf } from './situation.ts';
import type { ShownView } from './shown-view.ts';
import { type Remedies, SituationBanner } from './situation-banner.tsx';
import { StartOver } from './start-over.tsx';
import { StoreForm } from './store-form.tsx';
import { TakeOut } from './take-out.tsx';

export type Opening =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly store: Shardbearer<string>; readonly invite: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Actions of the page that do not use the store. */
export interface PageActions {
  readonly openTab: () => void;
  readonly reload: () => void;
  readonly openBare: () => void;
  readonly startOver: () => Promise<void>;
}

interface ConsoleProps {
  readonly opening: Opening;
  readonly view: ShownView | undefined;
  readonly actions: PageActions;
}

export function Console({ opening, view, actions }: ConsoleProps) {
  const startingOver = useRef<HTMLDialogElement>(null);
  const leaving = useRef<HTMLDialogElement>(null);
  const askToStartOver = () => startingOver.current?.showModal();
  const remedies: Remedies = {
    'open-tab': actions.openTab,
    'copy-invite': () => void copyInvite(opening),
    reload: actions.reload,
    rejoin: actions.reload,
    'start-over': askToStartOver,
    'open-bare': actions.openBare,
  };
  // The last view of a closed or departed tab is out of date, so the page does not show it.
  const live = opening.kind === 'open' && view !== undefined && !hasEnded(view) ? { ...opening, view } : undefined;
  const situation = opening.kind === 'failed' ? failureSituation(opening.error) : situationOf(view);
  return (
    <>
      <header>
        <h1>
          <Mark />
          Shardbearer
        </h1>
        <p>A replicated store whose nodes are browser tabs.{live !== undefined && ' This tab is one.'}</p>
      </header>
      <main>
        <Title headline={situation.headline} />
        <SituationBanner situation={situation} remedies={remedies} />
        {live !== undefined && (
          <>
            <Problems problems={notesOf(live.view)} remedies={remedies} />
            <Cluster view={live.view} store={live.store} map={clusterMapOf(live.view)}>
              <StoreForm store={live.store} remedies={remedies} />
              <Invite link={live.invite} openTab={actions.openTab} />
            </Cluster>
          </>
        )}
      </main>
      <footer>
        <div>
          {live !== undefined && (
            <button type="button" class="quiet" onClick={() => leaving.current?.showModal()}>
              Leave the cluster…
            </button>
          )}
          <button type="button" class="quiet" onClick={askToStartOver}>
            Start over on this device…
          </button>
        </div>
        {live !== undefined && (
          <p class="hint">
            In the developer tools: <code>await shardbearer.put('key', 'value')</code>
          </p>
        )}
      </footer>
      <StartOver dialog={startingOver} startOver={actions.startOver} />
      {live !== undefined && <Leave dialog={leaving} store={live.store} />}
    </>
  );
}

interface ClusterProps {
  readonly view: ShownView;
  readonly store: Shardbearer<string>;
  /** The map of the cluster. Undefined: the cluster is not formed yet. */
  readonly map: ClusterMap | undefined;
  /** The content of the middle column, which is the same in every state. */
  readonly children: ComponentChildren;
}

function Cluster({ view, store, map, children }: ClusterProps) {
  const changes = useSignal<readonly ChangeMade[]>([]);
  const takingOut = useSignal<RadiantId | undefined>(undefined);
  const remove =
    map === undefined
      ? undefined
      : (radiant: RadiantId) => {
          takingOut.value = radiant;
        };
  const takeOut = (radiant: RadiantId) => {
    if (map !== undefined) void ask(changes, { kind: 'remove', radiant }, { map, store });
  };
  return (
    <div class="columns">
      <Column>
        <section class="card" aria-labelledby="order-title">
          <h2 id="order-title">{map !== undefined && map.orders.length > 1 ? 'This tab’s order' : 'The order'}</h2>
          <OrderPicture view={view} />
        </section>
        <Members view={view} remove={remove} />
        <TakeOut radiant={takingOut} takeOut={takeOut} />
      </Column>
      <Column>
        {children}
        <Facts view={view} />
      </Column>
      {map !== undefined && (
        <Column>
          <Orders map={map} />
          <Shards map={map} store={store} changes={changes} />
        </Column>
      )}
    </div>
  );
}

/** Shows the headline as the title of the browser tab. */
function Title({ headline }: { readonly headline: string }) {
  useEffect(() => {
    document.title = `${headline} · Shardbearer`;
  }, [headline]);
  return null;
}

function Column({ children }: { readonly children: ComponentChildren }) {
  return <div class="column">{children}</div>;
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 2 L28 10 L24 28 L8 28 L4 10 Z" />
      <path class="facet" d="M16 2 L16 28 M4 10 L16 15 L28 10" />
    </svg>
  );
}

/** Copies the invite link if the browser permits it. Otherwise selects the text of the field. */
async function copyInvite(opening: Opening): Promise<void> {
  if (opening.kind !== 'open' || (await copyText(opening.invite))) return;
  document.getElementById('invite')?.focus();
}

function failureSituation(error: unknown): Situation {
  const { headline, detail, remedies } = wordsFor(error);
  // Without specific advice, the person should reload, because the cause may have passed. Starting over deletes data,
  // so it is never the first advice.
  return { tone: 'trouble', headline, detail, remedies: remedies.length > 0 ? remedies : ['reload'] };
}
