/** What the answers in a journal come to, by table: what was issued, what was refused, and what nobody knows. */
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { type KeptAnswers, keptAnswers, type ReadableJournal } from '../../src/renewal/kept-answers.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { KeptReply } from '../../src/vault/journal.ts'
import { at, issued } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const FAILURES: Readonly<Record<string, TokenctlError>> = {
  refused: new TokenctlError('GRANT_REJECTED', 'No.', { failure: 'permanent' }),
  throttled: new TokenctlError('RATE_LIMITED', 'Slow down.', { failure: 'transient' }),
  keys: new TokenctlError('CLIENT_REJECTED', 'Wrong keys.', { failure: 'configuration' }),
  'keys of a token': new TokenctlError('CLIENT_REJECTED', 'Wrong keys.', { failure: 'configuration' }),
  down: new TokenctlError('MARKETPLACE_DOWN', 'It is down.', { failure: 'ambiguous' }),
  'strange token': new TokenctlError('REPLY_MALFORMED', 'What?', { failure: 'ambiguous' }),
  unsaid: new TokenctlError('BUG', 'It says nothing of the token.'),
}
const exchange = {
  request: () => ({ method: 'POST' as const, url: '', headers: {}, body: '' }),
  read: ({ body }: { readonly body: string }) => {
    if (body === 'fault') throw new TypeError('ours')
    const failure = FAILURES[body]
    if (failure !== undefined) throw failure
    if (body.startsWith('{')) throw FAILURES['strange token']
    return issued({ accessExpiresAt: NOW, refreshToken: new Secret(body) })
  },
}

/** A journal with these answers, a minute apart from the first at `NOW`. */
function journal(bodies: readonly string[], change: Partial<ReadableJournal> = {}, mayReplace = true) {
  const replies = bodies.map(
    (body, number): KeptReply => ({
      sentAt: NOW + number * 60_000,
      response: { status: 200, headers: {}, body },
      isCut: false,
    }),
  )
  const undertaking: ReadableJournal['undertaking'] = {
    account: 'aliexpress:main',
    purpose: 'refresh',
    mayReplace,
    generation: 0,
    at: NOW,
    wasLost: false,
    token: new Secret('old'),
    app: null,
    region: null,
    environment: 'production',
  }
  return { state: 'readable' as const, undertaking, replies, hasLoss: false, isTorn: false, ...change }
}

/** In words: `undecided` or `known`, what was refused, and why it is kept for a person. */
const inWords = ({ isUndecided, refused, unread }: KeptAnswers) =>
  [isUndecided ? 'undecided' : 'known', refused?.code, unread?.[0]].filter(Boolean).join(' ')

describe('where nothing was issued', () => {
  const wasLost = (bodies: readonly string[]) => {
    const { undertaking } = journal([])
    return journal(bodies, { undertaking: { ...undertaking, wasLost: true } })
  }
  const whole = journal(['{"refresh_tok'])
  const cutJournal = { ...whole, replies: whole.replies.map(reply => ({ ...reply, isCut: true })) }
  test.each<[string, ReadableJournal, string]>([
    ['no answer', journal([]), 'undecided'],
    ['an answer that breaks off in the journal', journal([], { isTorn: true }), 'undecided torn'],
    ['asked to come again: it may have been sent once more', journal(['throttled']), 'undecided'],
    ['wrong keys: it was not taken', journal(['keys']), 'known'],
    ['wrong keys, after a question without an answer', journal(['keys'], { hasLoss: true }), 'undecided'],
    ['wrong keys, after an earlier run lost an answer', wasLost(['keys']), 'undecided'],
    ['wrong keys, then a torn answer', journal(['keys'], { isTorn: true }), 'undecided torn'],
    ['down, then wrong keys', journal(['down', 'keys']), 'undecided'],
    ['down', journal(['down']), 'undecided'],
    ['a failure that says nothing of the token', journal(['unsaid']), 'undecided'],
    ['strange, and it may hold a token', journal(['strange token']), 'undecided unread'],
    ['the same where tokens stay', journal(['strange token'], {}, false), 'undecided'],
    ['one that broke off on its way: a lost answer', cutJournal, 'undecided'],
    ['wrong keys in words that speak of a token', journal(['keys of a token']), 'known'],
    ['refused', journal(['refused']), 'known GRANT_REJECTED'],
    ['refused, where tokens stay', journal(['refused'], {}, false), 'known GRANT_REJECTED'],
    ['refused after a lost answer', journal(['refused'], { hasLoss: true }), 'known ANSWER_LOST'],
    ['refused after an earlier run lost one', wasLost(['refused']), 'known ANSWER_LOST'],
    ['down, then refused', journal(['down', 'refused']), 'known ANSWER_LOST'],
    [
      'down, then refused, where tokens stay',
      journal(['down', 'refused'], {}, false),
      'known GRANT_REJECTED',
    ],
    ['strange, then refused', journal(['strange token', 'refused']), 'known ANSWER_LOST unread'],
    ['refused, then a torn answer', journal(['refused'], { isTorn: true }), 'undecided torn'],
    ['refused, then asked to come again', journal(['refused', 'throttled']), 'undecided'],
  ])('%s', (_, found, expected) => {
    const answers = keptAnswers(found, exchange)
    expect(inWords(answers)).toBe(expected)
    expect(answers.issued).toBeUndefined()
  })

  test('a refusal has the time of its own question, and the journal’s words for a person say what it is', () => {
    const answers = keptAnswers(journal(['strange token', 'refused']), exchange)
    expect(answers.refused?.at).toBe(NOW + 60_000)
    expect(answers.unread?.[1]).toMatch(/cannot read/)
    expect(keptAnswers(journal([], { isTorn: true }), exchange).unread?.[1]).toMatch(/breaks off/)
  })
})

describe('what was issued', () => {
  test.each([
    ['alone', ['new'], 'new', 0],
    ['twice: the last counts', ['first', 'second'], 'second', 1],
    ['before a failure', ['new', 'down'], 'new', 0],
    ['after a failure', ['down', 'new'], 'new', 1],
    ['before a refusal', ['new', 'refused'], 'new', 0],
  ])('counts, with the time of its question, and nothing is open then: %s', (_, bodies, token, place) => {
    const answers = keptAnswers(journal(bodies), exchange)
    expect(answers.issued?.issued.refreshToken?.reveal()).toBe(token)
    expect(answers.issued?.sentAt).toBe(NOW + place * 60_000)
    expect(answers).toMatchObject({ isUndecided: false })
    expect([answers.refused, answers.unread]).toEqual([undefined, undefined])
  })

  test('counts in spite of what broke off behind it', () => {
    const answers = keptAnswers(journal(['new'], { isTorn: true, hasLoss: true }), exchange)
    expect(answers).toMatchObject({ isUndecided: false, issued: { sentAt: NOW } })
  })
})

test('a fault of ours in reading is a BUG', () => {
  expect(() => keptAnswers(journal(['fault']), exchange)).toThrow(
    expect.objectContaining({ code: 'BUG', cause: expect.any(TypeError) }),
  )
})
