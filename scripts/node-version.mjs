/** Checks the version of Node. This file uses only old syntax, so that an old Node can run the check. */
const NEEDED = { major: 20, minor: 19 };

/** Ends the process with an error message if Node is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)) return;
  console.error(
    `Shardbearer needs Node ${NEEDED.major}.${NEEDED.minor} or newer; this is ${process.versions.node}. See https://nodejs.org`,
  );
  process.exit(1);
}
