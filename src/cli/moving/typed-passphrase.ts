/**
 * The passphrase of an export: typed at a terminal, or one line on standard input. Never an argument and never the
 * environment: both are shown to other programs.
 */
import { TokenctlError } from '../../errors.ts'
import { Secret } from '../../tokens/secret.ts'
import { askNewPassphrase, passphraseVerdict } from '../passphrase.ts'
import { safeLine } from '../render/safe-text.ts'
import type { World } from '../world.ts'

const OPTION = '--passphrase-stdin'
/** Longer than anybody's, and short enough to be no document. */
const LONGEST_BYTES = 4096

/** The passphrase to seal with. @throws {ANSWER_MISSING} where nobody can be asked · {USAGE} when it is too short. */
export async function passphraseToSeal(fromStdin: boolean, world: World): Promise<Secret> {
  if (!fromStdin) return await askNewPassphrase('the export', `\`${OPTION}\``, world)
  const text = await readLine(world)
  const verdict = passphraseVerdict(text)
  if (verdict === true) return new Secret(text)
  throw new TokenctlError('USAGE', `The passphrase on standard input is too short. ${verdict}`, {
    fix: 'Four random words make a good one. Nothing was written.',
  })
}

/**
 * The passphrase that opens a document.
 *
 * @param file its name; undefined when the document itself came on standard input, where nothing can be asked then.
 * @throws {ANSWER_MISSING} where nobody can be asked.
 */
export async function passphraseToOpen(
  file: string | undefined,
  fromStdin: boolean,
  world: World,
): Promise<Secret> {
  if (fromStdin) return new Secret(await readLine(world))
  if (file === undefined) {
    throw new TokenctlError(
      'ANSWER_MISSING',
      'The document on standard input is under a passphrase, which cannot be asked for there.',
      {
        fix: `Name the file instead: \`tokenctl import --file <file>\` asks for it at a terminal, and takes it on standard input with \`${OPTION}\`.`,
      },
    )
  }
  const prompt = await world.prompt()
  const insteadOf = `\`${OPTION}\`, with the passphrase on standard input`
  return new Secret(await prompt.secret(`Passphrase of ${safeLine(file)}:`, { insteadOf }))
}

async function readLine(world: World): Promise<string> {
  const all = await world.terminal.readStdin('the passphrase', LONGEST_BYTES)
  const text = all.replace(/\r?\n$/, '')
  if (text === '')
    throw new TokenctlError('ANSWER_MISSING', 'No passphrase came on standard input.', {
      fix: `Give it there, for instance \`${OPTION} < passphrase.txt\`.`,
    })
  if (/[\r\n]/.test(text))
    throw new TokenctlError(
      'USAGE',
      'What came on standard input is more than one line, and no passphrase.',
      {
        fix: 'Give the passphrase alone.',
      },
    )
  return text
}
