/** What an administrative request comes to. */
import type { ConfigurationChange } from '../wire/configuration/configuration.ts';
import type { ErrorCode } from '../wire/errors.ts';

export type Administered =
  /** Once this is the configuration, ask again: there may be more to do, and `unchanged` says that it is done. */
  | { readonly kind: 'change'; readonly change: ConfigurationChange }
  /** It is so already: the latest configuration is the answer. */
  | { readonly kind: 'unchanged' }
  /** It is under way, and waits for shards or members to get where they are to be: ask again, before placement does. */
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

export const UNCHANGED: Administered = { kind: 'unchanged' };

export function refused(code: ErrorCode, message: string): Administered {
  return { kind: 'refused', code, message };
}
