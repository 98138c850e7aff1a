/** The list of this tab's problems with advice, newest first. */
import type { Problem } from '../../hosts/contract.ts';
import { wordsForProblem } from './error-words.ts';
import { RemedyButtons, type Remedies } from './situation-banner.tsx';

export function Problems({
  problems,
  remedies,
}: {
  readonly problems: readonly Problem[];
  readonly remedies: Remedies;
}) {
  return (
    <section class={problems.length === 0 ? 'notes none' : 'notes'} aria-label="Notes" aria-live="polite">
      {problems.toReversed().map((problem) => {
        const words = wordsForProblem(problem);
        return (
          <article key={problem.code} class="note" data-code={problem.code}>
            <h3>{words.headline}</h3>
            <p>{words.detail}</p>
            <RemedyButtons wanted={words.remedies} remedies={remedies} />
          </article>
        );
      })}
    </section>
  );
}
