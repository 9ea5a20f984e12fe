/** A sealed document that is cut short, changed, or for somebody else: refused with its reason, and nothing of it given out. */
import { Encrypter } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import { looksSealed, opened, sealedFile } from '../../../src/cli/moving/age-open.ts'
import { sealed } from '../../../src/cli/moving/age-seal.ts'
import { isTokenctlError, type TokenctlError } from '../../../src/errors.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { type AgeKey, ageKey } from '../../support/age.ts'
import { makeHome } from '../../support/temporary-home.ts'
import { testWorld } from '../../support/world.ts'

const DOCUMENT = '{"version":1,"accounts":[{"account":"ebay:a","refreshToken":"v^1.1#canary"}]}'
const home = makeHome()
let key: AgeKey
let other: AgeKey
let armour: Buffer
let binary: Buffer

beforeAll(async () => {
  key = await ageKey(home.path)
  other = await ageKey(home.path, 'other.txt')
  armour = Buffer.from(await sealed(Buffer.from(DOCUMENT), { recipients: [key.recipient] }))
  const lines = armour.toString().replace(/^-.*$/gm, '')
  binary = Buffer.from(lines, 'base64')
})
afterAll(home.remove)

const open = async (bytes: Uint8Array, by = key) =>
  Buffer.from(await opened(await sealedFile(bytes), { identities: [new Secret(by.identity)] })).toString()

async function refusal(work: Promise<unknown>): Promise<TokenctlError> {
  const thrown = await work.then(
    () => expect.unreachable('it was opened'),
    (error: unknown) => error,
  )
  if (!isTokenctlError(thrown)) throw thrown
  expect(thrown.exit).toBe(2)
  expect(`${thrown.message} ${thrown.fix}`).not.toMatch(/canary|AGE-SECRET-KEY-1/)
  return thrown
}

/** Opens to what was sealed, or not at all: what a change may touch is the white space around the armour. */
async function opensWhole(bytes: Uint8Array): Promise<boolean> {
  if (!looksSealed(bytes)) return false
  try {
    expect(await open(bytes)).toBe(DOCUMENT)
    return true
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/cut short|other keys|of a kind/),
    })
    return false
  }
}

test('armoured and not, and with what mail and editors put around it', async () => {
  expect(await open(armour)).toBe(DOCUMENT)
  expect(await open(binary)).toBe(DOCUMENT)
  expect(await open(Buffer.from(`\ufeff\r\n ${armour.toString().replaceAll('\n', '\r\n')}\r\n\r\n`))).toBe(
    DOCUMENT,
  )
})

describe('cut short at any byte', () => {
  test.each([
    ['armour', () => armour, 1],
    ['binary', () => binary, 0],
  ])('%s', async (_, whole, harmless) => {
    const bytes = whole()
    const open = []
    for (let end = 0; end < bytes.length; end += 1)
      if (await opensWhole(bytes.subarray(0, end))) open.push(end)
    // Of the armour the last newline may go.
    expect(open).toEqual(harmless === 0 ? [] : [bytes.length - 1])
  })
})

describe('with one bit changed, in any byte', () => {
  test.each([
    ['armour', () => armour],
    ['binary', () => binary],
  ])('%s', async (name, whole) => {
    const bytes = whole()
    const open = []
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes)
      changed[place] = (changed[place] ?? 0) ^ (1 << (place % 8))
      if (await opensWhole(changed)) open.push(place)
    }
    // The newline after the armour may become another white space.
    expect(open.filter(place => name === 'binary' || place < bytes.length - 1)).toEqual([])
  })
})

describe('what is wrong is said', () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    ['its end is missing', () => armour.subarray(0, 200), /its end is missing/],
    ['the first line alone', () => armour.subarray(0, 20), /its end is missing/],
    ['the head alone', () => binary.subarray(0, 60), /its end is missing/],
    ['the last line but one is gone', () => withoutLine(armour, -3), /cut short or changed/],
    [
      'a letter that no armour has',
      () => Buffer.from(armour.toString().replace(/\n\w/, '\n*')),
      /not what age writes/,
    ],
    ['a version to come', () => Buffer.from('age-encryption.org/v2\n-> X\n---'), /age file of version 1/],
    ['another PEM', () => Buffer.from('-----BEGIN CERTIFICATE-----\nAA==\n'), /not like one of age/],
    [
      'for an ssh key',
      () => Buffer.from('age-encryption.org/v1\n-> ssh-ed25519 a b\nAAAA\n--- c\nxx'),
      /keys of a kind/,
    ],
  ])('%s', async (_, bytes, says) => {
    expect(looksSealed(bytes())).toBe(true)
    expect((await refusal(open(bytes()))).message).toMatch(says)
  })

  test('another key', async () => {
    expect((await refusal(open(armour, other))).message).toMatch(/sealed for other keys/)
  })

  test('a JSON document is not sealed', () => {
    expect(looksSealed(Buffer.from(DOCUMENT))).toBe(false)
    expect(looksSealed(Buffer.from(''))).toBe(false)
  })
})

function withoutLine(text: Buffer, place: number): Buffer {
  const lines = text.toString().split('\n')
  lines.splice(place, 1)
  return Buffer.from(lines.join('\n'))
}

describe('under a passphrase', () => {
  // The derivation's cost is the sealer's to say; a cheap one keeps the test short.
  const cheap = async (passphrase: string) => {
    const encrypter = new Encrypter()
    encrypter.setScryptWorkFactor(2)
    encrypter.setPassphrase(passphrase)
    return await encrypter.encrypt(DOCUMENT)
  }

  test('opens with it, and with no other', async () => {
    const file = await sealedFile(await cheap('four random words here'))
    expect(file.kind).toBe('passphrase')
    const by = (text: string) => opened(file, { passphrase: new Secret(text) })
    expect(Buffer.from(await by('four random words here')).toString()).toBe(DOCUMENT)
    expect((await refusal(by('another one'))).message).toMatch(/passphrase is not the one/)
  })

  test.each([21, 40, 99])(
    'a file that asks for work of 2^%i is refused before anything is asked',
    async work => {
      const text = Buffer.from(await cheap('x'))
        .toString('latin1')
        .replace(/^(-> scrypt \S+) 2$/m, `$1 ${work}`)
      const { message, fix } = await refusal(sealedFile(Buffer.from(text, 'latin1')))
      expect(message).toContain(`more work (scrypt, 2^${work}) than tokenctl does (2^20)`)
      expect(fix).toContain('`age --decrypt <file> | tokenctl import`')
    },
  )
})

describe('import', () => {
  test.each<[string, () => Uint8Array]>([
    ['cut short', () => armour.subarray(0, armour.length - 40)],
    [
      'changed',
      () => Buffer.from(binary.map((byte, place) => (place === binary.length - 1 ? byte ^ 1 : byte))),
    ],
  ])('of one that was %s stores nothing', async (_, bytes) => {
    const world = await testWorld({ stdin: bytes() })
    await refusal(importRun({ identity: key.path }, world))
    expect((await world.vault.listing()).accounts).toEqual([])
    expect(world.noted).toEqual([])
    expect(world.terminal.shown.out).toBe('')
  })
})
