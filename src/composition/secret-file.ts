/** Secrets of the configuration stand in files of their own, which nobody else may read. */
import { Secret } from '../base/secret.ts'
import { KeysError } from '../keys/errors.ts'
import { readPrivateFile } from '../keys/private-file.ts'

/** Throws KeysError on a file that cannot be used: said at the start, not when the secret is needed. */
export function readSecretFile(file: string): Secret {
  const octets = readPrivateFile(file, 'KEYS_PRIVATE_KEY_EXPOSED')
  if (octets === undefined) throw new KeysError('KEYS_SECRET_INVALID', `${file} does not exist`, file)
  const text = octets.toString('utf8').trim()
  if (text === '') throw new KeysError('KEYS_SECRET_INVALID', `${file} is empty`, file)
  return new Secret(text)
}
