/** The private keys in an identity file, as `age-keygen` writes one. Held to what a key file is: nobody else may read it. */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import { Secret } from '../../tokens/secret.ts'

/**
 * The keys in the file, at least one; a line that is empty or begins with `#` is none.
 *
 * @throws {USAGE} when it is missing, not private, or holds anything else.
 */
export async function readIdentities(path: string, files: Files): Promise<readonly Secret[]> {
  const lines = readPrivate(path, files)
    .toString('utf8')
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  const [first] = lines
  if (first === undefined) throw refused(path, 'holds no key')
  if (/^-----BEGIN AGE|^age-encryption\.org\//.test(first))
    throw refused(path, 'is itself sealed', 'Open it with `age --decrypt` into a private file first.')
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY/.test(first))
    throw refused(
      path,
      'is no age key',
      'With an ssh key: `age --decrypt -i <key> <file> | tokenctl import`.',
    )
  if (first.startsWith('age1')) throw refused(path, 'holds a recipient, not the private key that opens')
  const { Decrypter } = await import('age-encryption')
  for (const [index, line] of lines.entries()) {
    try {
      new Decrypter().addIdentity(line)
    } catch {
      // The library's own words may quote the key.
      const which = lines.length === 1 ? 'its key' : `key number ${index + 1}`
      throw refused(path, `cannot be used: ${which} is no age key of a kind that is known here`)
    }
  }
  return lines.map(line => new Secret(line))
}

function readPrivate(path: string, files: Files): Buffer {
  try {
    const bytes = files.readPrivate(path)
    if (bytes !== undefined) return bytes
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    throw new TokenctlError('USAGE', error.message, { fix: error.fix, cause: error })
  }
  throw new TokenctlError('USAGE', `There is no file ${path}.`, {
    fix: 'Name the identity file: the one that `age-keygen` wrote.',
  })
}

function refused(path: string, what: string, fix?: string): TokenctlError {
  return new TokenctlError('USAGE', `${path} ${what}.`, {
    fix: fix ?? 'Name the identity file: the one that `age-keygen` wrote (`AGE-SECRET-KEY-…`).',
  })
}
