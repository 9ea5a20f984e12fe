/**
 * Opening what `export`, or the stock `age`, sealed. What does not open is told apart: another key or passphrase, a file
 * that was cut short, one that was changed. Nothing of what it holds is given out before all of it was proven whole.
 *
 * @see https://age-encryption.org/v1
 */
import { TokenctlError } from '../../errors.ts'
import type { Secret } from '../../tokens/secret.ts'

const ARMOUR_BEGINS = '-----BEGIN AGE ENCRYPTED FILE-----'
const ARMOUR_ENDS = '-----END AGE ENCRYPTED FILE-----'
const FILE_BEGINS = 'age-encryption.org/'
const VERSION_LINE = `${FILE_BEGINS}v1\n`

/** The kinds of key that a private key of ours can be (`AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`). */
const OUR_KINDS = ['X25519', 'mlkem768x25519']

/** The library's own limit, as a power of two: 1 GiB of memory and some 8 s. What `age` writes is 18. */
const MOST_WORK = 20

/** A sealed file out of its armour. */
export interface SealedFile {
  readonly bytes: Uint8Array
  /** What opens it. */
  readonly kind: 'passphrase' | 'identity'
}

/** What is at hand to open one with. */
export type OpenedBy = { readonly passphrase: Secret } | { readonly identities: readonly Secret[] }

/** Whether this is an age file, or begins like one. */
export function looksSealed(bytes: Uint8Array): boolean {
  const text = beginOf(bytes)
  // A JSON document begins with neither; the begin of one that was cut short is enough.
  return text.startsWith('-----') || text.startsWith('age-encryption')
}

/**
 * What a sealed file is, by its unsealed first lines.
 *
 * @throws {USAGE} when it was cut short or changed, or is sealed for keys that only other programs have.
 */
export async function sealedFile(given: Uint8Array): Promise<SealedFile> {
  const bytes = beginOf(given).startsWith('-----') ? await withoutArmour(given) : given
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.startsWith(VERSION_LINE)) {
    const isCut = VERSION_LINE.startsWith(text)
    throw isCut ? cutShort() : changed('its first line is not that of an age file of version 1')
  }
  const end = text.indexOf('\n--- ')
  if (end === -1) throw cutShort()
  const kinds = [...text.slice(0, end).matchAll(/^-> (\S+)/gm)].map(([, kind]) => kind ?? '')
  refuseHardWork(text.slice(0, end))
  if (kinds.includes('scrypt')) return { bytes, kind: 'passphrase' }
  if (kinds.some(kind => OUR_KINDS.includes(kind))) return { bytes, kind: 'identity' }
  throw new TokenctlError('USAGE', 'The document is sealed for keys of a kind that tokenctl does not open.', {
    fix: 'Open it with the program that has the key, and hand on what comes out: `age --decrypt -i <key> <file> | tokenctl import`.',
  })
}

/** A passphrase that takes more work than the library does. `age` does up to 22 (https://age-encryption.org/v1, 23 Nov 2026). */
function refuseHardWork(head: string): void {
  const work = Number(/^-> scrypt \S+ ([1-9]\d?)$/m.exec(head)?.[1] ?? 0)
  if (work <= MOST_WORK) return
  throw new TokenctlError(
    'USAGE',
    `The document's passphrase was made to cost more work (scrypt, 2^${work}) than tokenctl does (2^${MOST_WORK}).`,
    {
      fix: 'Open it with `age`, and hand on what comes out: `age --decrypt <file> | tokenctl import`. Nothing was changed.',
    },
  )
}

/** The bytes that were sealed. @throws {USAGE} when this does not open it, or it was cut short or changed. */
export async function opened({ bytes }: SealedFile, by: OpenedBy): Promise<Uint8Array> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  if ('passphrase' in by) decrypter.addPassphrase(by.passphrase.reveal())
  else for (const identity of by.identities) decrypter.addIdentity(identity.reveal())
  try {
    return await decrypter.decrypt(bytes, 'uint8array')
  } catch (cause) {
    // The library has no codes; this is its only message that does not speak of the file.
    const isOther = cause instanceof Error && cause.message.startsWith('no identity matched')
    throw isOther ? otherKey(by, cause) : changed('its seal is broken', cause)
  }
}

function otherKey(by: OpenedBy, cause: unknown): TokenctlError {
  return 'passphrase' in by
    ? new TokenctlError('USAGE', 'The passphrase is not the one that the document was sealed with.', {
        fix: 'Try again; letters count as they are written. Nothing was changed.',
        cause,
      })
    : new TokenctlError('USAGE', 'The document was sealed for other keys than those in the identity file.', {
        fix: 'Name the file with the key whose recipient was given as `--to`. Nothing was changed.',
        cause,
      })
}

async function withoutArmour(given: Uint8Array): Promise<Uint8Array> {
  const text = Buffer.from(given)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
  const lines = text.trim()
  if (!lines.startsWith(ARMOUR_BEGINS)) {
    if (ARMOUR_BEGINS.startsWith(lines)) throw cutShort()
    throw changed('it begins like a sealed file, and not like one of age')
  }
  if (!lines.endsWith(ARMOUR_ENDS)) throw cutShort()
  const { armor } = await import('age-encryption')
  try {
    return armor.decode(lines)
  } catch (cause) {
    throw changed('what stands between its first line and its last is not what age writes', cause)
  }
}

function beginOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 1024))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
}

function cutShort(): TokenctlError {
  return new TokenctlError('USAGE', 'The sealed document was cut short: its end is missing.', {
    fix: 'Copy it again, whole. Nothing was changed.',
  })
}

function changed(how: string, cause?: unknown): TokenctlError {
  return new TokenctlError('USAGE', `The sealed document was cut short or changed on its way: ${how}.`, {
    fix: 'Copy it again, as it was written. Nothing was changed.',
    cause,
  })
}
