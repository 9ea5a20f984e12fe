/** What is taken for a recipient, and what is said of what is none: never what was typed, which may be a secret. */
import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { opened, sealedFile } from '../../../src/cli/moving/age-open.ts'
import { refuseRecipients, sealed } from '../../../src/cli/moving/age-seal.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { ageKey } from '../../support/age.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const bytes = Buffer.from('{"version":1}')

test('each of several keys opens it, the post-quantum kind, too', async () => {
  const key = await ageKey(temporaryHome())
  const hybrid = await generateHybridIdentity()
  const text = await sealed(bytes, { recipients: [` ${key.recipient}\n`, await identityToRecipient(hybrid)] })
  const file = await sealedFile(Buffer.from(text))
  for (const identity of [key.identity, hybrid])
    expect(Buffer.from(await opened(file, { identities: [new Secret(identity)] }))).toEqual(bytes)
})

describe('is no recipient', () => {
  const GOOD = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'
  test.each<[string, string, RegExp]>([
    ['nothing', '', /is no age recipient/],
    ['a word', 'me@example.com', /is no age recipient/],
    ['a token', 'v^1.1#canary', /is no age recipient/],
    ['half of one', GOOD.slice(0, 40), /not copied whole/],
    ['one with a letter too many', `${GOOD}q`, /not copied whole/],
    ['one with a letter changed', GOOD.replace('ql3', 'qx3'), /not copied whole/],
    ['a private key', `AGE-SECRET-KEY-1${'CANARY'.repeat(9)}`, /is a private key/],
    ['an ssh key', 'ssh-ed25519 AAAAcanary', /is an ssh key/],
    ['a plugin’s', 'age1yubikey1qcanary', /of a kind that is known/],
    ['half of a post-quantum one', 'age1pq1qcanary', /of a kind that is known/],
  ])('%s', async (_, text, says) => {
    await expect(refuseRecipients([text])).rejects.toMatchObject({
      code: 'USAGE',
      exit: 2,
      message: expect.stringMatching(says),
      fix: expect.stringContaining('age-keygen'),
    })
    const error = await refuseRecipients([GOOD, text]).catch((thrown: Error & { fix: string }) => thrown)
    expect(error?.message).toMatch(/^--to number 2 /)
    expect(`${error?.message} ${error?.fix}`).not.toMatch(/canary/i)
  })
})
