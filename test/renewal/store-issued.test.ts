/** How long an answer is held on to when the store refuses it, and in which words it is given up. */
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { storeIssued } from '../../src/renewal/store-issued.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { TokenSet } from '../../src/tokens/token-set.ts'
import type { StoredAccount, Vault } from '../../src/vault/vault.ts'
import { tokenSet } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'

const MAIN = { marketplace: 'ebay', name: 'main' }
const NEXT = tokenSet({ generation: 4 }, { refreshToken: new Secret('new') })
const stored = (set: TokenSet): StoredAccount => ({ ...set, revision: 9 })
const full = new TokenctlError('WRITE_FAILED', 'The disk is full.', {
  account: 'ebay:main',
  fix: 'Make room.',
})

interface Scene {
  /** What the saves end with, one each; those after them succeed. */
  readonly saves: readonly Error[]
  /** What stands in the store, or is thrown when it is read. */
  readonly found?: StoredAccount | Error | undefined
  /** Whether the journal holds the answer, asked once after each failure; the last one stays. */
  readonly kept?: readonly boolean[]
  readonly next?: TokenSet
}

/** Stores over a vault that does as the scene says. */
async function scene({ saves, found, kept = [true], next = NEXT }: Scene) {
  const clock = fakeClock()
  const done: string[] = []
  const told: [number, TokenctlError][] = []
  const fails = [...saves]
  const answers = [...kept]
  const vault = {
    async saveAccount(set: TokenSet, after: number | null): Promise<StoredAccount> {
      done.push(`save over ${after}`)
      const failure = fails.shift()
      if (failure !== undefined) throw failure
      return stored(set)
    },
    async account(): Promise<StoredAccount | undefined> {
      done.push('read')
      if (found instanceof Error) throw found
      return found
    },
  } as unknown as Vault
  const isKept = async () => (answers.length > 1 ? answers.shift() : answers[0]) ?? true
  const onPause = (ms: number, because: TokenctlError) => void told.push([ms, because])
  const outcome = await storeIssued(MAIN, next, 3, { vault, clock, isKept, onPause }).then(
    value => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  )
  return { ...outcome, done, told, slept: clock.slept }
}

const times = (count: number) => Array.from({ length: count }, () => full)

describe('a store that takes it', () => {
  test('at once is asked once, over the revision that was read', async () => {
    const { value, done, slept } = await scene({ saves: [] })
    expect(value).toEqual(stored(NEXT))
    expect([done, slept]).toEqual([['save over 3'], []])
  })

  test.each([
    [1, [200], []],
    [2, [200, 1500], [1500]],
  ])(
    'after %d failures gave it time, and a person is told of a pause that can be felt',
    async (count, pauses, felt) => {
      const { value, slept, told } = await scene({ saves: times(count) })
      expect(value).toEqual(stored(NEXT))
      expect(slept).toEqual(pauses)
      expect(told).toEqual(felt.map(ms => [ms, full]))
    },
  )

  test('takes it after a failure that wrote it all the same', async () => {
    const { value, done } = await scene({ saves: times(2), found: stored(NEXT) })
    expect(value).toEqual(stored(NEXT))
    expect(done).toEqual(['save over 3', 'save over 3', 'read'])
  })
})

describe('what stands in the store after two failures is ours only', () => {
  const other = (header: object, secrets: object) =>
    stored({ header: { ...NEXT.header, ...header }, secrets: { ...NEXT.secrets, ...secrets } })

  test.each<[string, StoredAccount | Error | undefined]>([
    ['with our token', other({}, { refreshToken: new Secret('old') })],
    ['with a token', other({}, { refreshToken: null })],
    ['of our generation', other({ generation: 5 }, {})],
    ['where it is there', undefined],
    ['where it can be read', new TokenctlError('RECORD_UNREADABLE', 'It is damaged.')],
  ])('%s', async (_, found) => {
    const { error, done } = await scene({ saves: times(3), found })
    expect(error).toMatchObject({ code: 'WRITE_FAILED' })
    expect(done.filter(what => what.startsWith('save'))).toHaveLength(3)
  })

  const none: TokenSet = { ...NEXT, secrets: { ...NEXT.secrets, refreshToken: null } }
  test.each([
    ['no token either', none],
    ['a token', NEXT],
  ])(
    'where there is a token at all: an account without one is not there by one with %s',
    async (_, found) => {
      const { error } = await scene({ saves: times(3), found: stored(found), next: none })
      expect(error).toMatchObject({ code: 'WRITE_FAILED' })
    },
  )
})

describe('a store that never takes it', () => {
  test('is given up soon where the journal holds the answer, and said to have lost nothing', async () => {
    const { error, slept } = await scene({ saves: times(3) })
    expect(slept).toEqual([200, 1500])
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      account: 'ebay:main',
      cause: full,
      message:
        'The marketplace accepted, and its answer is safe in the journal but not yet in the record: The disk is full.',
      fix: 'Make room. Then run the same command again: it is stored from the journal, and nobody is asked.',
    })
  })

  test('is asked for most of a minute where nothing else holds the answer, and not said to be harmless', async () => {
    const { error, slept, told } = await scene({ saves: times(6), kept: [false] })
    expect(slept).toEqual([200, 1500, 5000, 15_000, 30_000])
    expect(told.map(([ms]) => ms)).toEqual([1500, 5000, 15_000, 30_000])
    expect(error).toMatchObject({
      code: 'WRITE_FAILED',
      cause: full,
      message: 'The marketplace accepted, and its answer could not be stored: The disk is full.',
      fix: expect.stringMatching(
        /^Make room\. Then run the same command again at once: .*may refuse the one that is stored/,
      ),
    })
  })

  test('is given up as soon as the journal took the answer after all', async () => {
    const { error, slept } = await scene({ saves: times(4), kept: [false, false, false, true] })
    expect(slept).toEqual([200, 1500, 5000])
    expect(error).toMatchObject({ message: expect.stringContaining('safe in the journal') })
  })

  test('names no account that it did not name', async () => {
    const saves = Array.from({ length: 3 }, () => new TokenctlError('VAULT_LOCKED', 'Locked.'))
    expect((await scene({ saves })).error).toMatchObject({ code: 'VAULT_LOCKED', account: undefined })
  })
})

describe('a fault of ours', () => {
  const fault = new TypeError('ours')
  test('in saving is passed on at once', async () => {
    const { error, slept } = await scene({ saves: [fault] })
    expect([error, slept]).toEqual([fault, []])
  })

  test('in reading is passed on too', async () => {
    const { error, slept } = await scene({ saves: times(2), found: fault })
    expect([error, slept]).toEqual([fault, [200]])
  })
})

test('nobody need be there to be told', async () => {
  const fails = times(2)
  const vault = {
    saveAccount: async (set: TokenSet) => {
      const failure = fails.shift()
      if (failure !== undefined) throw failure
      return stored(set)
    },
    account: async () => undefined,
  } as unknown as Vault
  const saved = storeIssued(MAIN, NEXT, 3, { vault, clock: fakeClock(), isKept: async () => true })
  await expect(saved).resolves.toEqual(stored(NEXT))
})
