/** The error for an invalid setting. Its message is one sentence that names the setting and says what to do. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const CLAUSES: Readonly<Record<string, string>> = {
  EACCES: 'which this user may not read',
  EISDIR: 'which is a directory',
  ENOENT: 'which does not exist',
  ENOTDIR: 'which lies below a file',
};

/** Explains why a file or directory cannot be read. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return CLAUSES[code] ?? `which cannot be read (${code})`;
}
