/** What a journal says in the clear, and what that makes of an account's header: by table. */
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { newHeader } from '../../src/tokens/token-set.ts'
import {
  type JournalHead,
  journalEntry,
  journalHeads,
  journalNote,
  linesOf,
  readJournalHead,
  withJournal,
  writeJournalHead,
} from '../../src/vault/journal-head.ts'
import { createJournalMemory, JOURNAL, type JournalStore } from '../../src/vault/journal-store.ts'
import { writeHead } from '../../src/vault/record-file.ts'
import { AT } from './samples.ts'

const KEY = 'account/ebay:main'
const HEAD: JournalHead = {
  key: KEY,
  keyId: '1a2b3c4d',
  isAnswered: false,
  purpose: 'refresh',
  mayReplace: true,
  generation: 3,
  fingerprint: '0123456789abcdef',
  wasLost: false,
  at: AT,
}

/** The first line that says this head. */
function lineOf({ key, keyId, isAnswered: _, ...head }: JournalHead): string {
  return writeHead(JOURNAL, key, { keyId, header: writeJournalHead(head) })
}

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a first line', () => {
  it('comes back, and says by the lines behind it whether an answer stands there', () => {
    const line = lineOf(HEAD)
    expect(readJournalHead(KEY, [line])).toEqual(HEAD)
    expect(readJournalHead(KEY, [line, '200 is how the sealed token begins'])).toEqual(HEAD)
    expect(readJournalHead(KEY, [line, 'sealed token'])).toEqual(HEAD)
    expect(readJournalHead(KEY, [line, 'sealed token', '200 answer'])).toEqual({ ...HEAD, isAnswered: true })
    expect(readJournalHead(KEY, [line, 'sealed token', 'no answer', '503 answer'])).toEqual(HEAD)
    expect(readJournalHead(KEY, [lineOf({ ...HEAD, purpose: 'consent' })]).purpose).toBe('consent')
    expect(JSON.parse(line).header.at).toBe('2026-11-22T10:00:00Z')
    expect(linesOf(`${line}\nsealed token\n\n\nanswer\n\n`)).toEqual([line, 'sealed token', 'answer'])
  })

  it.each<[string, object]>([
    ['a purpose that is none', { purpose: 'steal' }],
    ['a generation before the first', { generation: -1 }],
    ['a date that is none', { at: 'soon' }],
    ['more than it has', { more: 1 }],
    ['no fingerprint', { fingerprint: undefined }],
  ])('is refused with %s', (_, change) => {
    const json = JSON.parse(lineOf(HEAD))
    const line = JSON.stringify({ ...json, header: { ...json.header, ...change } })
    const error = failure(() => readJournalHead(KEY, [line, 'sealed token']))
    expect([error.code, error.message]).toEqual([
      'RECORD_UNREADABLE',
      'The journal of ebay:main is not in shape.',
    ])
    expect(error.fix).toMatch(/`tokenctl renew ebay:main` moves it aside; nothing is removed/)
  })

  it.each<[string, readonly string[]]>([
    ['nothing', []],
    ['no JSON', ['{']],
    ['a record', [lineOf(HEAD).replace('tokenctl-journal', 'tokenctl-record')]],
    ['another account', [lineOf({ ...HEAD, key: 'account/ebay:other' })]],
  ])('is refused when it is %s, by the name of the journal', (_, lines) => {
    const error = failure(() => readJournalHead(KEY, lines))
    expect(error.code).toBe('RECORD_UNREADABLE')
    expect(error.message).toMatch(/^The journal of ebay:main /)
  })
})

describe('the heads in a store', () => {
  const OTHER = 'account/ebay:other'
  async function texts(): Promise<JournalStore> {
    const store = createJournalMemory()
    await store.begin(KEY, `${lineOf(HEAD)}\nsealed\n`)
    await store.begin(OTHER, '{\n')
    return store
  }

  it('are those that can be read, and a problem for each of the others', async () => {
    const store = await texts()
    expect(await journalHeads(store)).toEqual([HEAD, { key: OTHER, problem: expect.any(TokenctlError) }])
    expect(await journalEntry(KEY, store)).toEqual(HEAD)
    expect(await journalEntry(OTHER, store)).toEqual({ key: OTHER, problem: expect.any(TokenctlError) })
    expect(await journalEntry('account/ebay:none', store)).toBeUndefined()
  })

  it('are none for a journal that goes while they are listed', async () => {
    const store = { ...(await texts()), keys: async () => [KEY, 'account/ebay:gone'] }
    expect(await journalHeads(store)).toEqual([HEAD])
  })

  it('are not what a fault of ours makes of them', async () => {
    const fault = new TypeError('ours')
    const read = async () => {
      throw fault
    }
    const store = { ...(await texts()), read }
    await expect(journalEntry(KEY, store)).rejects.toBe(fault)
    await expect(journalHeads(store)).rejects.toBe(fault)
  })
})

describe('a header with what the journal says of it', () => {
  const header = newHeader({
    account: 'ebay:main',
    app: null,
    environment: 'production',
    holdsToken: true,
    generation: 3,
    fingerprint: HEAD.fingerprint,
  })
  const [open, kept] = [
    { presentedAt: AT, awaitsRecovery: false },
    { presentedAt: AT, awaitsRecovery: true },
  ]
  const nothing = { presentedAt: null, awaitsRecovery: false }

  it.each<[string, Partial<JournalHead>, object, object]>([
    ['presented', {}, {}, open],
    ['presented where tokens stay', { mayReplace: false }, {}, nothing],
    ['answered', { isAnswered: true }, {}, kept],
    ['answered where tokens stay', { isAnswered: true, mayReplace: false }, {}, kept],
    ['of an earlier generation', { isAnswered: true, generation: 2 }, {}, nothing],
    ['of another token', { isAnswered: true, fingerprint: 'f' }, {}, nothing],
    ['of a token that waits', { purpose: 'pending' }, { pendingAt: AT }, nothing],
    ['of one that waits, answered', { purpose: 'pending', isAnswered: true }, { pendingAt: AT }, kept],
    ['of one that waits no more', { purpose: 'pending', isAnswered: true }, {}, nothing],
    ['of one that was brought', { purpose: 'brought', generation: 9, fingerprint: 'f' }, {}, kept],
    ['of a code', { purpose: 'consent' }, {}, nothing],
    [
      'of a code, of an earlier generation',
      { purpose: 'consent', isAnswered: true, generation: 2 },
      {},
      nothing,
    ],
    [
      'of a code, after an answer that was lost',
      { purpose: 'consent', wasLost: true, mayReplace: false },
      {},
      open,
    ],
    ['the same, of an earlier generation', { purpose: 'consent', wasLost: true, generation: 2 }, {}, nothing],
    ['of a code, answered', { purpose: 'consent', isAnswered: true, fingerprint: 'f' }, {}, kept],
    ['of a code, answered, the first', { purpose: 'consent', isAnswered: true }, { holdsToken: false }, kept],
    [
      'of another account’s code',
      { key: 'account/ebay:other', purpose: 'consent', isAnswered: true },
      {},
      nothing,
    ],
    ['of another account', { key: 'account/ebay:other', isAnswered: true }, {}, nothing],
    ['of another account, brought', { key: 'account/ebay:other', purpose: 'brought' }, {}, nothing],
  ])('%s', (_, head, given, expected) => {
    const before = { ...header, ...given }
    expect(withJournal(before, { ...HEAD, ...head })).toEqual({ ...before, ...expected })
    expect(withJournal(before, undefined)).toBe(before)
  })
})

describe('what a person is told of a journal without an account', () => {
  it.each(['refresh', 'pending'] as const)(
    'is nothing where it is of a %s: the record has the token',
    purpose => {
      expect(journalNote({ ...HEAD, purpose })).toEqual([])
    },
  )

  it('is what stores a consent that was answered; a code without an answer is of no use', () => {
    expect(journalNote({ ...HEAD, purpose: 'consent' })).toEqual([])
    expect(journalNote({ ...HEAD, purpose: 'consent', isAnswered: true })).toEqual([
      'A consent for ebay:main waits to be stored: run `tokenctl login ebay:main` again.',
    ])
  })

  it('is what stores a token that was brought, and what moves aside what cannot be read', () => {
    expect(journalNote({ ...HEAD, key: 'account/amazon:de', purpose: 'brought' })).toEqual([
      'A token that was brought for amazon:de waits to be stored: run `tokenctl set-amazon de` again.',
    ])
    const problem = new TokenctlError('RECORD_UNREADABLE', 'No.')
    expect(journalNote({ key: KEY, problem })).toEqual([
      'ebay:main: No. Nothing was changed. Restore the file or the key that belongs to it.',
    ])
  })
})
