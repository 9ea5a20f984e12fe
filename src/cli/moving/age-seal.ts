/**
 * Sealing for `export`: an ordinary armoured `age` file, so that the stock `age --decrypt` opens it too.
 *
 * @see https://age-encryption.org/v1
 */
import type { Encrypter } from 'age-encryption'
import { TokenctlError } from '../../errors.ts'
import type { Secret } from '../../tokens/secret.ts'

/** Who can open what is sealed: the holders of one or more keys, or whoever knows one passphrase. age cannot do both. */
export type SealedFor = { readonly recipients: readonly string[] } | { readonly passphrase: Secret }

/** The bytes, sealed, as armoured text. @throws {USAGE} as `refuseRecipients` · {ANSWER_MISSING} for an empty passphrase. */
export async function sealed(bytes: Uint8Array, to: SealedFor): Promise<string> {
  const { armor } = await import('age-encryption')
  if ('passphrase' in to) {
    const { sealWithPassphrase } = await import('../../vault/passphrase.ts')
    return armor.encode(await sealWithPassphrase(bytes, to.passphrase))
  }
  return armor.encode(await (await encrypterFor(to.recipients)).encrypt(bytes))
}

/** Stops at what is no recipient, before anything is opened for it. @throws {USAGE} naming which, and what it looks like. */
export async function refuseRecipients(recipients: readonly string[]): Promise<void> {
  await encrypterFor(recipients)
}

async function encrypterFor(recipients: readonly string[]): Promise<Encrypter> {
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const [index, recipient] of recipients.entries()) {
    try {
      encrypter.addRecipient(recipient.trim())
    } catch (cause) {
      throw noRecipient(
        recipient.trim(),
        recipients.length === 1 ? '--to' : `--to number ${index + 1}`,
        cause,
      )
    }
  }
  return encrypter
}

const MAKE_ONE =
  'An age recipient begins with `age1`; `age-keygen -o key.txt` makes a key and prints its recipient.'

/** What was typed may be a secret in a recipient's place, so it is never shown. */
function noRecipient(text: string, option: string, cause: unknown): TokenctlError {
  const refused = (what: string, fix: string) =>
    new TokenctlError('USAGE', `${option} ${what}.`, { fix, cause })
  if (/^AGE-SECRET-KEY-/i.test(text))
    return refused(
      'is a private key, not its recipient',
      'It was typed where other programs of this machine can see it: make a new key. `age-keygen -y key.txt` prints the recipient of one.',
    )
  if (/^(ssh-|ecdsa-|sk-)/.test(text))
    return refused('is an ssh key, which cannot be sealed for here', MAKE_ONE)
  if (/^age1[a-z0-9]+1/.test(text))
    return refused(
      'is no recipient of a kind that is known here, or was not copied whole',
      `Those of plugins are not. ${MAKE_ONE}`,
    )
  if (text.startsWith('age1')) return refused('is no age recipient; it was not copied whole', MAKE_ONE)
  return refused('is no age recipient', MAKE_ONE)
}
