/** Where `import` gets its document from, and what it says where it cannot be had or opened. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { armor, Encrypter } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealed } from '../../../src/cli/moving/age-seal.ts'
import { type DocumentOptions, readDocument } from '../../../src/cli/moving/document-source.ts'
import { type AgeKey, ageKey } from '../../support/age.ts'
import { makeHome } from '../../support/temporary-home.ts'
import { testWorld } from '../../support/world.ts'

const DOCUMENT = '{"version":1}'
const PASSPHRASE = 'four random words here'
const home = makeHome()
const at = (name: string) => join(home.path, name)
let key: AgeKey
let forKey: string
let withPassphrase: string

beforeAll(async () => {
  key = await ageKey(home.path)
  forKey = await sealed(Buffer.from(DOCUMENT), { recipients: [key.recipient] })
  // The derivation's cost is the sealer's to say; a cheap one keeps the tests short.
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(2)
  encrypter.setPassphrase(PASSPHRASE)
  withPassphrase = armor.encode(await encrypter.encrypt(DOCUMENT))
  writeFileSync(at('plain.json'), DOCUMENT)
  writeFileSync(at('key.age'), forKey)
  writeFileSync(at('passphrase.age'), withPassphrase)
  const identity = (name: string, text: string) => writeFileSync(at(name), text, { mode: 0o600 })
  identity('open.txt', `${key.identity}\n`)
  chmodSync(at('open.txt'), 0o644)
  identity('empty.txt', '# nothing\n\n')
  identity('recipient.txt', `${key.recipient}\n`)
  identity('sealed.txt', forKey)
  identity('ssh.txt', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n')
  identity('broken.txt', `${key.identity.slice(0, -1)}\n`)
}, 30_000)
afterAll(home.remove)

const read = async (options: DocumentOptions, stdin = '', answers: readonly string[] = []) => {
  const world = await testWorld({ stdin, answers })
  return { text: await readDocument(options, world), asked: world.asked }
}

describe('is read', () => {
  test.each<[string, () => [DocumentOptions, string?, (readonly string[])?], number]>([
    ['from standard input', () => [{}, DOCUMENT], 0],
    ['from a file', () => [{ file: at('plain.json') }], 0],
    ['sealed for a key', () => [{ identity: key.path }, forKey], 0],
    ['sealed for a key, from a file', () => [{ identity: key.path, file: at('key.age') }], 0],
    ['under a passphrase that is asked for', () => [{ file: at('passphrase.age') }, '', [PASSPHRASE]], 1],
    [
      'under a passphrase on standard input',
      () => [{ file: at('passphrase.age'), passphraseStdin: true }, `${PASSPHRASE}\r\n`],
      0,
    ],
  ])('%s', async (_, given, questions) => {
    const { text, asked } = await read(...given())
    expect(text).toBe(DOCUMENT)
    expect(asked).toHaveLength(questions)
  })
})

describe('is refused', () => {
  test.each<[string, () => [DocumentOptions, string?], string, RegExp, RegExp]>([
    ['sealed, and no key', () => [{}, forKey], 'ANSWER_MISSING', /key to it was not named/, /--identity/],
    [
      'sealed, and nobody to ask',
      () => [{}, withPassphrase],
      'ANSWER_MISSING',
      /cannot be asked for/,
      /--file/,
    ],
    ['two things on one input', () => [{ passphraseStdin: true }, ''], 'USAGE', /cannot hold/, /--file/],
    [
      'two ways to open it',
      () => [{ file: at('key.age'), passphraseStdin: true, identity: key.path }, ''],
      'USAGE',
      /exclude/,
      /leave one out/,
    ],
    [
      'a key for a passphrase',
      () => [{ identity: key.path }, withPassphrase],
      'USAGE',
      /not for a key/,
      /--identity/,
    ],
    [
      'a passphrase for a key',
      () => [{ file: at('key.age'), passphraseStdin: true }, 'x'],
      'USAGE',
      /not with a passphrase/,
      /--identity/,
    ],
    [
      'a key for nothing',
      () => [{ identity: key.path }, DOCUMENT],
      'USAGE',
      /is not sealed/,
      /Nothing was changed/,
    ],
    [
      'no passphrase',
      () => [{ file: at('passphrase.age'), passphraseStdin: true }],
      'ANSWER_MISSING',
      /No passphrase/,
      /<.*/,
    ],
    [
      'more than a passphrase',
      () => [{ file: at('passphrase.age'), passphraseStdin: true }, 'a\nb\n'],
      'USAGE',
      /more than one line/,
      /alone/,
    ],
    [
      'an empty file',
      () => [{ file: at('empty.age'), identity: key.path }],
      'USAGE',
      /is empty/,
      /Copy it again/,
    ],
    ['no file', () => [{ file: at('gone.age') }], 'USAGE', /There is no file/, /Name the file/],
    ['a folder', () => [{ file: home.path }], 'USAGE', /it is a folder/, /Name the file/],
    ['no UTF-8', () => [{ file: at('latin.json') }], 'USAGE', /not UTF-8/, /UTF-8/],
    ['no key file', () => [{ identity: at('gone.txt') }, forKey], 'USAGE', /There is no file/, /age-keygen/],
    ['an open key file', () => [{ identity: at('open.txt') }, forKey], 'USAGE', /by others/, /chmod 600/],
    [
      'an empty key file',
      () => [{ identity: at('empty.txt') }, forKey],
      'USAGE',
      /holds no key/,
      /age-keygen/,
    ],
    [
      'a recipient as key',
      () => [{ identity: at('recipient.txt') }, forKey],
      'USAGE',
      /holds a recipient/,
      /age-keygen/,
    ],
    [
      'a sealed key file',
      () => [{ identity: at('sealed.txt') }, forKey],
      'USAGE',
      /itself sealed/,
      /age --decrypt/,
    ],
    ['an ssh key', () => [{ identity: at('ssh.txt') }, forKey], 'USAGE', /no age key/, /\| tokenctl import/],
    [
      'half a key',
      () => [{ identity: at('broken.txt') }, forKey],
      'USAGE',
      /its key is no age key/,
      /age-keygen/,
    ],
  ])('%s', async (_, given, code, message, fix) => {
    writeFileSync(at('empty.age'), '')
    writeFileSync(at('latin.json'), Buffer.from('{"a":"\xe9"}', 'latin1'))
    const error = await read(...given()).then(
      () => expect.unreachable('it was read'),
      (thrown: unknown) => thrown as { message: string; fix: string },
    )
    expect(error).toMatchObject({
      code,
      exit: 2,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    })
    expect(error.message + error.fix).not.toContain(key.identity.slice(0, 24))
  })
})
