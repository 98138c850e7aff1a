/** Explains why an order has no quorum, and how to restore it. */
import { type RadiantId, shortId } from '../../wire/identifiers.ts';

interface MissingVoter {
  readonly radiant: RadiantId;
  /** Whether the device reported that the data is lost, so that the voter never returns. */
  readonly isDataLost: boolean;
}

interface MissingQuorum {
  readonly voters: number;
  readonly missing: readonly MissingVoter[];
  readonly isLinked: boolean;
}

/** Describes the missing voters. A radiant without links may itself be cut off. A voter without data cannot return. */
export function describeMissingVoters({ voters, missing, isLinked }: MissingQuorum): {
  readonly why: string;
  readonly advice: string;
} {
  const reached = `${voters - missing.length} of ${voters} voters can be reached`;
  const lost = missing.filter(({ isDataLost }) => isDataLost);
  const absent = missing.filter(({ isDataLost }) => !isDataLost);
  const names = absent.length === 0 ? '' : `; missing: ${listed(absent)}`;
  const gone = lost.length === 0 ? '' : ` The data of ${listed(lost)} is lost, so no tab brings it back.`;
  const why = `${reached}${names}.${gone}`;
  if (!isLinked) {
    return {
      why: `${why} This tab is linked to no other radiant.`,
      advice: 'Check the network of this device. If the other tabs are closed, open them again.',
    };
  }
  return { why, advice: absent.length === 0 ? 'The order needs a majority of its voters.' : 'Open their tabs again.' };
}

function listed(voters: readonly MissingVoter[]): string {
  return voters.map(({ radiant }) => shortId(radiant)).join(', ');
}
