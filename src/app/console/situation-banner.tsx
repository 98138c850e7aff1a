import type { Remedy } from './remedy.ts';
import type { Situation } from './situation.ts';

/** By remedy: the action of its button. */
export type Remedies = Readonly<Record<Remedy, () => void>>;

const LABELS: Readonly<Record<Remedy, string>> = {
  'open-tab': 'Open another tab',
  'copy-invite': 'Copy the invite link',
  reload: 'Reload the page',
  rejoin: 'Take part again',
  'start-over': 'Start over on this device…',
  'open-bare': 'Open without the link',
};

/** The banner with the state of the cluster, at the top of the page. Screen readers announce its changes. */
export function SituationBanner({
  situation,
  remedies,
}: {
  readonly situation: Situation;
  readonly remedies: Remedies;
}) {
  return (
    <section class={`banner ${situation.tone}`} aria-label="State of the cluster">
      <div role="status">
        <h2>{situation.headline}</h2>
        <p>{situation.detail}</p>
      </div>
      <RemedyButtons wanted={situation.remedies} remedies={remedies} />
    </section>
  );
}

export function RemedyButtons({
  wanted,
  remedies,
}: {
  readonly wanted: readonly Remedy[];
  readonly remedies: Remedies;
}) {
  if (wanted.length === 0) return null;
  return (
    <div class="buttons">
      {wanted.map((remedy, at) => (
        <button key={remedy} type="button" class={at === 0 ? 'primary' : ''} onClick={remedies[remedy]}>
          {LABELS[remedy]}
        </button>
      ))}
    </div>
  );
}
