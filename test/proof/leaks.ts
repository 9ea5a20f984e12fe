/** Looks for secrets in the clear in every file of a folder, as they are and in the encodings that hide one. Reads only. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Long enough that chance cannot make it, in base64 ten groups without a padded end. */
const PIECE_BYTES = 30

/** The files of a folder, all the way down, as paths. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

/** The files that hold one of the secrets: as it is, in hexadecimal, or in base64 wherever it may begin in there. */
export function leaksIn(folder: string, secrets: readonly string[]): readonly string[] {
  const needles = [...new Set(secrets)].flatMap(needlesOf)
  return filesIn(folder).filter(path => {
    const text = readFileSync(path, 'latin1')
    return needles.some(needle => text.includes(needle))
  })
}

/** Files that a killed writer left half done. What is in them is looked at by `leaksIn` like all else. */
export function temporaryFilesIn(folder: string): readonly string[] {
  return filesIn(folder).filter(path => path.endsWith('.tmp'))
}

function needlesOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const pieces = [0, 1, 2].map(at => bytes.subarray(at, at + PIECE_BYTES).toString('base64'))
  return [longestPlain(secret), bytes.toString('hex'), ...pieces, ...pieces.map(toUrlAlphabet)]
}

/** The longest piece that no encoding of addresses, forms or JSON changes. */
function longestPlain(secret: string): string {
  const pieces = secret.match(/[A-Za-z0-9._-]+/g) ?? [secret]
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest))
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}
