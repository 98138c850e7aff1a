/** Reads and checks the HTTPS key and certificate at the start. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { unreadable, SettingsError } from './settings-error.ts';

export interface TlsFiles {
  /** Private key in PEM. */
  readonly key: Buffer;
  /** Certificate in PEM, with its chain if the file has one. */
  readonly certificate: Buffer;
}

/**
 * Reads the key and the certificate.
 * @throws {SettingsError} if they are unusable
 */
export function readTlsFiles(keyPath: string, certificatePath: string): TlsFiles {
  const key = readFile('HTTPS_KEY', keyPath);
  const certificate = readFile('HTTPS_CERTIFICATE', certificatePath);
  const privateKey = parseKey(key);
  const parsed = parseCertificate(certificate);
  // The operator may have swapped the two settings. A file that contains both key and certificate is valid for either
  // setting.
  const areIncomplete = privateKey === undefined && parsed === undefined;
  if (areIncomplete && parseCertificate(key) !== undefined && isKey(certificate)) {
    throw new SettingsError('HTTPS_KEY names a certificate and HTTPS_CERTIFICATE names a key. Swap the two files.');
  }
  if (privateKey === undefined && isEncrypted(key)) {
    throw new SettingsError(
      `HTTPS_KEY names "${keyPath}", which is encrypted. Decrypt it: openssl pkey -in encrypted.pem -out key.pem`,
    );
  }
  if (privateKey === undefined) {
    throw new SettingsError(`HTTPS_KEY names "${keyPath}", which holds no private key in PEM format.`);
  }
  if (parsed === undefined) {
    throw new SettingsError(`HTTPS_CERTIFICATE names "${certificatePath}", which holds no certificate in PEM format.`);
  }
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new SettingsError(
      `HTTPS_KEY names "${keyPath}", which is not the key of the certificate in "${certificatePath}" (HTTPS_CERTIFICATE).`,
    );
  }
  try {
    createSecureContext({ key, cert: certificate });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError(`HTTPS_KEY and HTTPS_CERTIFICATE cannot be used: ${reason.split('\n', 1)[0]}.`, { cause });
  }
  return { key, certificate };
}

function readFile(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SettingsError(`${name} names "${path}", ${unreadable(cause)}.`, { cause });
  }
}

/** Returns the private key in the file. Undefined if the file has no private key, or if the key is encrypted. */
function parseKey(content: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(content);
  } catch {
    return undefined;
  }
}

/** Whether the file has an encrypted key. Both PEM formats of encrypted keys contain the word ENCRYPTED. */
const isEncrypted = (content: Buffer): boolean => content.includes('ENCRYPTED');
const isKey = (content: Buffer): boolean => isEncrypted(content) || parseKey(content) !== undefined;

/** Returns the certificate in the file. Undefined if the file has no certificate. */
function parseCertificate(content: Buffer): X509Certificate | undefined {
  try {
    // The constructor also accepts DER, but the HTTPS server does not.
    return content.includes('-----BEGIN') ? new X509Certificate(content) : undefined;
  } catch {
    return undefined;
  }
}
