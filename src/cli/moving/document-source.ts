/** Where `import` gets its document from: standard input or a file, in the clear or sealed by `age`. */
import { TokenctlError } from '../../errors.ts'
import type { World } from '../world.ts'
import { looksSealed, type OpenedBy, opened, sealedFile } from './age-open.ts'
import { readIdentities } from './identity-file.ts'
import { passphraseToOpen } from './typed-passphrase.ts'

/** The most that a document may have, sealed or not: some 20,000 accounts. */
export const LONGEST_DOCUMENT_BYTES = 64 * 1024 * 1024

export interface DocumentOptions {
  /** The file that holds it, in place of standard input. */
  readonly file?: string
  /** The file with the key that opens it. */
  readonly identity?: string
  /** The passphrase that opens it comes on standard input. */
  readonly passphraseStdin?: boolean
}

/** The document's text. @throws {USAGE} · {ANSWER_MISSING} naming what it needs to be opened; nothing was changed then. */
export async function readDocument(options: DocumentOptions, world: World): Promise<string> {
  const { file, identity, passphraseStdin } = options
  if (passphraseStdin === true && file === undefined)
    throw new TokenctlError('USAGE', 'Standard input cannot hold the passphrase and the document.', {
      fix: 'Name the document by `--file`.',
    })
  if (passphraseStdin === true && identity !== undefined)
    throw new TokenctlError('USAGE', '--identity and --passphrase-stdin exclude each other.', {
      fix: 'A document is sealed for keys, or with a passphrase: leave one out.',
    })
  const bytes =
    file === undefined
      ? await world.terminal.readStdinBytes('an import document', LONGEST_DOCUMENT_BYTES)
      : await (await world.givenFiles()).read(file, LONGEST_DOCUMENT_BYTES)
  if (file !== undefined && bytes.length === 0)
    throw new TokenctlError('USAGE', `${file} is empty.`, { fix: 'Nothing was changed. Copy it again.' })
  if (looksSealed(bytes)) return textOf(await opening(bytes, options, world))
  const opensNothing = identity === undefined && passphraseStdin !== true
  if (opensNothing || bytes.length === 0) return textOf(bytes)
  throw new TokenctlError('USAGE', 'The document is not sealed, and what would open it was given.', {
    fix: 'Look whether it is the one that you meant; then leave that option out. Nothing was changed.',
  })
}

async function opening(bytes: Uint8Array, options: DocumentOptions, world: World): Promise<Uint8Array> {
  const sealed = await sealedFile(bytes)
  return await opened(sealed, await openerOf(sealed.kind, options, world))
}

async function openerOf(
  kind: 'passphrase' | 'identity',
  { file, identity, passphraseStdin }: DocumentOptions,
  world: World,
): Promise<OpenedBy> {
  if (kind === 'passphrase') {
    if (identity === undefined)
      return { passphrase: await passphraseToOpen(file, passphraseStdin === true, world) }
    throw new TokenctlError('USAGE', 'The document is sealed with a passphrase, not for a key.', {
      fix: 'Leave out `--identity`; name it by `--file`, and the passphrase is asked for at a terminal.',
    })
  }
  if (identity !== undefined) return { identities: await readIdentities(identity, world.files) }
  if (passphraseStdin === true)
    throw new TokenctlError('USAGE', 'The document is sealed for a key, not with a passphrase.', {
      fix: 'Name the file with that key: `--identity <file>`.',
    })
  throw new TokenctlError('ANSWER_MISSING', 'The document is sealed, and the key to it was not named.', {
    fix: 'Name the file with the key, as `age-keygen` wrote it: `--identity <file>`.',
  })
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The decoder's own error says nothing but that.
    throw new TokenctlError('USAGE', 'The import document is not UTF-8 text.', {
      fix: 'Save it as UTF-8 (on Windows, not as "Unicode") and import it again. Nothing was changed.',
    })
  }
}
