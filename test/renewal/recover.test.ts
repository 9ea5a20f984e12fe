import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import type { RefreshInput, Rotation } from '../../src/marketplaces/adapter.ts'
import { recover } from '../../src/renewal/recover.ts'
import { renewAll } from '../../src/renewal/renew-all.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import type { KeptReply, Undertaking } from '../../src/vault/journal.ts'
import type { JournalHead } from '../../src/vault/journal-head.ts'
import { at, issued } from '../support/accounts.ts'
import { answerText, fakeLogin, readAnswerText } from '../support/fake-login.ts'
import { type LeftConsent, leaveConsent } from '../support/left-consent.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const EARLIER = NOW - HOUR
const DUE = { consentAt: NOW - 100 * DAY, renewedAt: NOW - 93 * DAY }

/** What the adapter of these tests makes of an answer's body. */
const ANSWERS: Readonly<Record<string, () => ReturnType<typeof issued>>> = {
  'token new': () => issued({ accessExpiresAt: NOW + HOUR, refreshToken: new Secret('new-token') }),
  'token same': () => issued({ accessExpiresAt: NOW + HOUR }),
  'token that has ended': () => issued({ accessExpiresAt: NOW, refreshToken: new Secret('new-token') }),
  'token that lives': () => issued({ accessExpiresAt: NOW + 1, refreshToken: new Secret('new-token') }),
  'token with an id': () => issued({ accessExpiresAt: NOW + HOUR, requestId: 'r-9' }),
}
const FAILURES = {
  refused: new TokenctlError('GRANT_REJECTED', 'Refused.', { failure: 'permanent' }),
  throttled: new TokenctlError('RATE_LIMITED', 'Slow down.', { failure: 'transient' }),
  down: new TokenctlError('MARKETPLACE_DOWN', 'It is down.', { failure: 'ambiguous' }),
  keys: new TokenctlError('CLIENT_REJECTED', 'Wrong keys.', { failure: 'configuration' }),
  'strange token': new TokenctlError('REPLY_MALFORMED', 'Not an answer.', { failure: 'ambiguous' }),
} as const

function read(body: string) {
  const answer = ANSWERS[body]
  if (answer !== undefined) return answer()
  throw FAILURES[body as keyof typeof FAILURES] ?? FAILURES['strange token']
}

const reply = (body: string, isCut = false): KeptReply => ({
  sentAt: EARLIER,
  response: { status: 200, headers: {}, body },
  isCut,
})

function start(rotation: Rotation = 'strict'): ScriptedRun {
  const refresh = async () => ({
    request: ({ refreshToken }: RefreshInput) => ({
      method: 'POST' as const,
      url: 'https://a.test',
      headers: {},
      body: refreshToken.reveal(),
    }),
    read: (response: { readonly body: string }) => read(response.body),
  })
  return scriptedRun({ answer: () => new Error('nobody is asked'), adapter: { rotation, refresh } })
}

/** Leaves a journal as a run that was killed would. */
async function leave(
  run: ScriptedRun,
  header: AccountHeader,
  replies: readonly KeptReply[],
  change: Partial<Undertaking> = {},
) {
  const journal = await run.vault.journal()
  const open = await journal.present({
    account: header.account,
    purpose: 'refresh',
    mayReplace: true,
    generation: header.generation,
    at: EARLIER,
    wasLost: false,
    token: new Secret('old-token'),
    app: 'default',
    region: null,
    environment: 'production',
    ...change,
  })
  for (const each of replies) await open.keep(each)
  open.close()
  run.log.length = 0
}

const ref = (account: string) => {
  const { marketplace, name } = parseAccount(account)
  return { marketplace, name: name ?? '' }
}
const left = async (run: ScriptedRun, account: string) => (await run.vault.journal()).read(account)

describe('nothing was on its way', () => {
  test('nothing is read, written or said', async () => {
    const run = start()
    await run.add('aliexpress:main', DUE)
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(run.log).toEqual([])
    expect(run.told).toEqual([])
  })
})

describe('a refresh whose answer is in the journal', () => {
  test.each([
    ['aliexpress:main', 'token new', 'new-token', 'renewed', EARLIER],
    ['ebay:main', 'token same', 'old-token', 'renewed', EARLIER],
    ['amazon:main', 'token same', 'old-token', 'proved', DUE.renewedAt],
  ] as const)(
    '%s: it is stored with its own time, and nobody is asked',
    async (account, body, token, outcome, renewedAt) => {
      const run = start()
      const header = await run.add(account, DUE)
      await leave(run, header, [reply(body)])
      const result = await recover(ref(account), run.ports)
      expect(result).toMatchObject({ outcome, lostAt: null })
      const { header: after, secrets } = await run.stored(account)
      expect(secrets.refreshToken?.reveal()).toBe(token)
      expect(after).toMatchObject({ generation: 1, acceptedAt: EARLIER, renewedAt, presentedAt: null })
      expect(await left(run, account)).toBeUndefined()
      expect(run.events).toMatchObject([{ action: 'recover', subject: account, outcome }])
      expect(run.told).toEqual([
        `${account}: a renewal that was cut off is finished; its answer was on the disk.`,
      ])
    },
  )

  test('the last answer that issued something counts', async () => {
    const run = start('grace')
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token same'), reply('token new'), reply('down')])
    await recover(ref('aliexpress:main'), run.ports)
    expect((await run.stored('aliexpress:main')).secrets.refreshToken?.reveal()).toBe('new-token')
  })

  test('the history has the vendor’s id of the exchange, where there is one', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token with an id')])
    await recover(ref('aliexpress:main'), run.ports)
    await leave(run, (await run.stored('aliexpress:main')).header, [reply('token same')])
    await recover(ref('aliexpress:main'), run.ports)
    expect(run.events.map(({ requestId }) => requestId)).toEqual(['r-9', null])
  })

  test('an account that was dead gets its gap', async () => {
    const run = start()
    const refused = { code: 'GRANT_REJECTED', at: NOW - 3 * DAY } as const
    const header = await run.add('aliexpress:main', { ...DUE, refused, acceptedAt: NOW - 9 * DAY })
    await leave(run, header, [reply('token new')])
    await recover(ref('aliexpress:main'), run.ports)
    expect((await run.stored('aliexpress:main')).header.gap).toEqual({ from: NOW - 9 * DAY, to: EARLIER })
  })

  test('a store that fails leaves the journal as it is', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token new')])
    run.vault.failures.push(...Array.from({ length: 3 }, () => new TokenctlError('WRITE_FAILED', 'Full.')))
    await expect(recover(ref('aliexpress:main'), run.ports)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(await left(run, 'aliexpress:main')).toMatchObject({ replies: [reply('token new')] })
    await recover(ref('aliexpress:main'), run.ports)
    expect((await run.stored('aliexpress:main')).secrets.refreshToken?.reveal()).toBe('new-token')
  })

  test('a renewal ends with it: the marketplace is not asked again', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token new')])
    const result = await renewOne(ref('aliexpress:main'), header, 'named', run.ports)
    expect(result).toMatchObject({ outcome: 'renewed', error: null, header: { generation: 1 } })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
    expect(run.events.map(({ action }) => action)).toEqual(['recover'])
  })

  test.each([
    ['token that lives', []],
    ['token that has ended', ['send new-token']],
  ])(
    'a renewal asks with the new token where what it brought is of no use any more: %s',
    async (body, sent) => {
      const run = start()
      const header = await run.add('aliexpress:main', DUE)
      await leave(run, header, [reply(body)])
      const result = await renewOne(ref('aliexpress:main'), header, 'named', run.ports)
      expect(run.log.filter(line => line.startsWith('send'))).toEqual(sent)
      expect(result.outcome).toBe(sent.length === 0 ? 'renewed' : 'failed')
      expect(run.events.map(({ action }) => action)).toEqual(
        sent.length === 0 ? ['recover'] : ['recover', 'renew'],
      )
    },
  )

  test('a renewal goes on to a pasted token that still waits', async () => {
    const run = start('none')
    const pending = { pending: new Secret('pasted') }
    const header = await run.add('amazon:main', { ...DUE, pendingAt: NOW - DAY }, pending)
    await leave(run, header, [reply('token same')], { mayReplace: false })
    await renewOne(ref('amazon:main'), header, 'named', run.ports)
    expect(run.log.filter(line => line.startsWith('send'))).toEqual(['send pasted'])
  })
})

describe('what a kept answer is judged by', () => {
  type Read = { readonly body: string; readonly input: RefreshInput }
  /** A run that notes what its adapter is given to read. */
  function reading(fails?: Error): { run: ScriptedRun; reads: Read[] } {
    const reads: Read[] = []
    const refresh = async () => ({
      request: () => ({ method: 'POST' as const, url: 'https://a.test', headers: {}, body: 'sent' }),
      read: ({ body }: { readonly body: string }, input: RefreshInput) => {
        reads.push({ body, input })
        if (fails !== undefined) throw fails
        return issued({ accessExpiresAt: NOW + HOUR })
      },
    })
    return { run: scriptedRun({ answer: () => new Error('nobody is asked'), adapter: { refresh } }), reads }
  }

  test.each([
    ['the app’s keys', 'default', ['client-id', 'client-secret']],
    ['those of the default app where the record names none', null, ['client-id', 'client-secret']],
    ['none where the app is gone', 'gone', []],
  ])('%s, the token that was sent, and the time it was sent at', async (_, app, keys) => {
    const { run, reads } = reading()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('kept')], { app })
    await recover(ref('aliexpress:main'), run.ports)
    const [read] = reads
    expect(reads).toHaveLength(1)
    expect(read).toMatchObject({ body: 'kept', input: { now: EARLIER } })
    expect(read?.input.refreshToken.reveal()).toBe('old-token')
    expect(Object.values(read?.input.app ?? {}).map(key => key.reveal())).toEqual(keys)
  })

  test('none where the app cannot be read, but a store that is locked ends it', async () => {
    const { run, reads } = reading()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('kept')])
    const app = run.vault.app.bind(run.vault)
    for (const error of [new TokenctlError('VAULT_LOCKED', 'Locked.'), new TypeError('ours')]) {
      run.vault.app = () => Promise.reject(error)
      await expect(recover(ref('aliexpress:main'), run.ports)).rejects.toBe(error)
      expect(await left(run, 'aliexpress:main')).toMatchObject({ replies: [reply('kept')] })
    }
    run.vault.app = () => Promise.reject(new TokenctlError('RECORD_UNREADABLE', 'It is damaged.'))
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ outcome: 'renewed' })
    expect(reads.map(({ input }) => input.app)).toEqual([{}])
    run.vault.app = app
  })

  test('a fault of ours in reading it is a BUG, and the answer stays where it is', async () => {
    const { run } = reading(new TypeError('ours'))
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('kept')])
    await expect(recover(ref('aliexpress:main'), run.ports)).rejects.toMatchObject({ code: 'BUG' })
    expect(await left(run, 'aliexpress:main')).toMatchObject({ replies: [reply('kept')] })
    expect((await run.stored('aliexpress:main')).secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('nobody need be there to be told', async () => {
    const run = start()
    const { tell: _, ...ports } = run.ports
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token new')])
    expect(await recover(ref('aliexpress:main'), ports)).toMatchObject({ outcome: 'renewed' })
    await leave(run, (await run.stored('aliexpress:main')).header, [reply('strange token')], {
      token: new Secret('new-token'),
    })
    expect(await recover(ref('aliexpress:main'), ports)).toMatchObject({ lostAt: EARLIER })
  })
})

describe('a refresh whose answer is not there', () => {
  test.each<[string, Rotation, readonly KeptReply[], boolean]>([
    ['no answer', 'strict', [], true],
    ['no answer, grace', 'grace', [], true],
    ['no answer, unknown', 'unknown', [], true],
    ['no answer, and the token stays what it is', 'none', [], false],
    ['an answer that says nothing of the token', 'strict', [reply('down')], true],
    ['an answer that broke off', 'strict', [reply('{"refresh', true)], true],
    ['throttled: it may have been sent once more since', 'strict', [reply('throttled')], true],
    ['throttled, and the token stays what it is', 'none', [reply('throttled')], false],
    ['throttled after an answer that was lost', 'strict', [reply('down'), reply('throttled')], true],
    ['refused: nothing is open', 'strict', [reply('refused')], false],
  ])('%s', async (_, rotation, replies, isOpen) => {
    const run = start(rotation)
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, replies, { mayReplace: rotation !== 'none' })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({
      lostAt: isOpen ? EARLIER : null,
    })
    expect((await left(run, 'aliexpress:main')) !== undefined).toBe(isOpen)
    const { header: after, secrets } = await run.stored('aliexpress:main')
    expect(after.presentedAt).toBe(isOpen ? EARLIER : null)
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('an answer that nobody can read and that speaks of tokens is kept, and the mark stays', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('strange token')])
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: EARLIER })
    expect(run.told).toEqual([
      expect.stringMatching(/cannot read\. It is kept as .*unread.*; do not remove it/),
    ])
    expect(await left(run, 'aliexpress:main')).toMatchObject({ state: 'readable', replies: [] })
    expect((await run.stored('aliexpress:main')).header).toMatchObject({
      presentedAt: EARLIER,
      awaitsRecovery: false,
    })
    expect(run.events).toMatchObject([{ action: 'recover', outcome: 'failed', code: 'RECORD_UNREADABLE' }])
  })

  test('one that breaks off is kept too, and the mark stays', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [])
    const journal = await run.vault.journal()
    const read = journal.read.bind(journal)
    journal.read = async account => Object.assign((await read(account)) ?? {}, { isTorn: true }) as never
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: EARLIER })
    expect(run.told).toEqual([expect.stringMatching(/breaks off within an answer\. It is kept as .*torn/)])
    expect((await run.stored('aliexpress:main')).header.presentedAt).toBe(EARLIER)
  })

  test('nothing of it is gone where the mark cannot be made again', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('strange token')])
    run.journalFailures.push(new TokenctlError('WRITE_FAILED', 'Full.'))
    await expect(recover(ref('aliexpress:main'), run.ports)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(await left(run, 'aliexpress:main')).toMatchObject({ replies: [reply('strange token')] })
    expect((await run.stored('aliexpress:main')).header.presentedAt).toBe(EARLIER)
  })

  test('a named renewal says what it risks before it asks again', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [])
    await renewOne(ref('aliexpress:main'), header, 'named', run.ports)
    expect(run.told).toEqual([
      expect.stringMatching(/^aliexpress:main: the answer to its last renewal was lost\./),
    ])
    expect(run.log.some(line => line.startsWith('send'))).toBe(true)
  })
})

describe('the last word on a token, kept by a run that was killed before it noted it', () => {
  test.each<[string, Partial<Undertaking>, readonly KeptReply[], 'GRANT_REJECTED' | 'ANSWER_LOST']>([
    ['refused', {}, [reply('refused')], 'GRANT_REJECTED'],
    ['refused after an answer that was lost', {}, [reply('down'), reply('refused')], 'ANSWER_LOST'],
    ['refused when asked again for a lost answer', { wasLost: true }, [reply('refused')], 'ANSWER_LOST'],
    [
      'of a token that stays what it is',
      { wasLost: true, mayReplace: false },
      [reply('refused')],
      'GRANT_REJECTED',
    ],
  ])('%s is noted', async (_, change, replies, code) => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, replies, change)
    await recover(ref('aliexpress:main'), run.ports)
    const { header: after, secrets } = await run.stored('aliexpress:main')
    expect(after).toMatchObject({ refused: { code, at: EARLIER }, lastAttempt: { code }, presentedAt: null })
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
  })

  test('is not there after a later failure of another kind: what became of the token stays open', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('throttled')], { wasLost: true })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: EARLIER })
    expect((await run.stored('aliexpress:main')).header).toMatchObject({
      presentedAt: EARLIER,
      awaitsRecovery: false,
    })
  })
})

describe('an answer that nobody can read beside one that settles it', () => {
  test.each([
    ['was accepted', [reply('strange token'), reply('token new')], 0],
    ['was refused', [reply('strange token'), reply('refused')], 1],
  ] as const)('is kept where the token %s after it only if it may hold another', async (_, replies, kept) => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, replies)
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(run.told.filter(text => text.includes('cannot read'))).toHaveLength(kept)
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
  })
})

describe('a journal that is past', () => {
  test('the record was written and only the removal cut off: it goes', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', { ...DUE, generation: 1 })
    await leave(run, header, [reply('token new')], { generation: 0 })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
    expect(run.told).toEqual([])
  })

  test('another token is stored by now: the answer is kept aside', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token new')], { token: new Secret('an older one') })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(run.told).toEqual([
      expect.stringMatching(/an answer for a token that has been replaced since\. It is kept as .*past/),
    ])
    expect(run.events).toMatchObject([{ action: 'recover', outcome: 'failed', code: 'RECORD_UNREADABLE' }])
  })

  test.each([
    ['a success that speaks of tokens', 299, 'a new Token', true],
    ['a redirect', 300, 'a new token', false],
    ['a fault', 500, 'a new token', false],
    ['a success that does not', 200, 'all is well', false],
  ])('of all answers only one that may hold a token is kept: %s', async (_, status, body, isKept) => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    const { response, ...rest } = reply(body)
    await leave(run, header, [{ ...rest, response: { ...response, status } }], {
      token: new Secret('an older one'),
    })
    await recover(ref('aliexpress:main'), run.ports)
    expect(run.told).toHaveLength(isKept ? 1 : 0)
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
  })

  test('without an answer there is nothing to keep', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [], { token: new Secret('an older one') })
    await recover(ref('aliexpress:main'), run.ports)
    expect(run.told).toEqual([])
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
  })

  test('the account was removed', async () => {
    const run = start()
    const header = await run.add('aliexpress:main', DUE)
    const { revision } = await run.stored('aliexpress:main')
    await run.vault.removeAccount(ref('aliexpress:main'), revision)
    await leave(run, header, [])
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
    expect(run.told).toEqual([])
    await leave(run, header, [reply('token new')])
    await recover(ref('aliexpress:main'), run.ports)
    expect(run.told).toEqual([expect.stringContaining('that has been replaced since')])
  })

  test('the token that waited was taken out of the record', async () => {
    const run = start('none')
    const header = await run.add('amazon:main', DUE)
    await leave(run, header, [], { purpose: 'pending', token: new Secret('pasted'), mayReplace: false })
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect(await left(run, 'amazon:main')).toBeUndefined()
  })
})

describe('a journal that cannot be read', () => {
  const damage = async (run: ScriptedRun, rotation: Rotation) => {
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('token new')], { mayReplace: rotation !== 'none' })
    const journal = await run.vault.journal()
    journal.read = async () => ({ state: 'other-key', head: undefined })
  }

  test.each(['grace', 'strict', 'unknown'] as const)(
    'is moved aside, and a token that rotates counts as presented (%s)',
    async rotation => {
      const run = start(rotation)
      await damage(run, rotation)
      expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: NOW })
      expect((await run.stored('aliexpress:main')).header).toMatchObject({
        presentedAt: NOW,
        awaitsRecovery: false,
      })
      expect(run.told).toEqual([expect.stringMatching(/sealed with another key\. It is kept as .*other-key/)])
    },
  )

  test('is moved aside where the account is gone, or never had a token', async () => {
    const run = start('strict')
    await run.add('aliexpress:dates', { ...DUE, holdsToken: false }, { refreshToken: null })
    for (const name of ['aliexpress:gone', 'aliexpress:dates']) {
      await leave(run, { account: name, generation: 0 } as AccountHeader, [])
      const journal = await run.vault.journal()
      const real = journal.read.bind(journal)
      journal.read = async () => ({ state: 'damaged', head: undefined })
      expect(await recover(ref(name), run.ports)).toMatchObject({ lostAt: null })
      journal.read = real
      expect(await left(run, name)).toBeUndefined()
    }
    expect(run.told).toEqual([
      expect.stringMatching(/^aliexpress:gone: what a renewal that was cut off had left is damaged\./),
      expect.stringMatching(/^aliexpress:dates: what a renewal that was cut off had left is damaged\./),
    ])
  })

  test('counts from the time that its first line still says, and lets go of the new mark', async () => {
    const run = start('strict')
    await damage(run, 'strict')
    const journal = await run.vault.journal()
    const said = { at: EARLIER } as JournalHead
    journal.read = async () => ({ state: 'newer', head: said })
    const present = journal.present.bind(journal)
    let closed = 0
    journal.present = async undertaking => {
      const open = await present(undertaking)
      const close = () => {
        closed += 1
      }
      return { keep: reply => open.keep(reply), keepLoss: () => open.keepLoss(), close }
    }
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: EARLIER })
    expect(closed).toBe(1)
    expect((await run.stored('aliexpress:main')).header.presentedAt).toBe(EARLIER)
    expect(run.told).toEqual([expect.stringContaining('was written by a newer tokenctl')])
  })

  test('is moved aside, and that is all where the token stays what it is', async () => {
    const run = start('none')
    await damage(run, 'none')
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('aliexpress:main')).header.presentedAt).toBeNull()
  })
})

describe('a token that was brought', () => {
  const BROUGHT = {
    purpose: 'brought',
    token: new Secret('pasted'),
    mayReplace: false,
    region: 'eu',
  } as const

  test('and was accepted is stored, account and all', async () => {
    const run = start('none')
    await run.addApp('amazon')
    const header = { account: 'amazon:main', generation: 0 } as AccountHeader
    await leave(run, header, [reply('token same')], BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ outcome: 'renewed', lostAt: null })
    const { header: after, secrets } = await run.stored('amazon:main')
    expect(secrets.refreshToken?.reveal()).toBe('pasted')
    expect(after).toMatchObject({
      app: 'default',
      region: 'eu',
      environment: 'production',
      consentAt: EARLIER,
      renewedAt: EARLIER,
      generation: 1,
    })
  })

  test.each(['named', 'due'] as const)(
    'for a shop that was only followed by its dates is stored by a renewal (%s)',
    async mode => {
      const run = start('none')
      const given = { holdsToken: false, consentAt: NOW - 10 * DAY }
      await run.add('amazon:main', given, { refreshToken: null })
      const { header } = await run.stored('amazon:main')
      await leave(run, header, [reply('token same')], BROUGHT)
      const seen = (await run.stored('amazon:main')).header
      const candidate = { account: ref('amazon:main'), header: seen }
      const results = await renewAll([candidate], { mode, concurrency: 1 }, run.ports)
      expect(results).toMatchObject([{ outcome: 'renewed', header: { holdsToken: true } }])
      expect((await run.stored('amazon:main')).secrets.refreshToken?.reveal()).toBe('pasted')
    },
  )

  test('for such a shop and refused leaves it to a person', async () => {
    const run = start('none')
    await run.add('amazon:main', { holdsToken: false, consentAt: NOW - 10 * DAY }, { refreshToken: null })
    const { header } = await run.stored('amazon:main')
    await leave(run, header, [reply('refused')], BROUGHT)
    const seen = (await run.stored('amazon:main')).header
    const result = await renewOne(ref('amazon:main'), seen, 'named', run.ports)
    expect(result).toMatchObject({ outcome: 'needs-person', error: null })
    expect(await left(run, 'amazon:main')).toBeUndefined()
  })

  test('and replaced another keeps that one as previous', async () => {
    const run = start('none')
    const header = await run.add('amazon:main', { ...DUE, region: 'na', generation: 4 })
    await leave(run, header, [reply('token same')], { ...BROUGHT, region: null })
    await recover(ref('amazon:main'), run.ports)
    const { header: after, secrets } = await run.stored('amazon:main')
    expect(secrets.previous?.refreshToken.reveal()).toBe('old-token')
    expect(after).toMatchObject({ region: 'na', generation: 5 })
  })

  test.each([
    ['no answer', []],
    ['throttled', [reply('throttled')]],
    ['down', [reply('down')]],
  ] as const)('and not proven (%s) is kept beside the old one', async (_, replies) => {
    const run = start('none')
    const header = await run.add('amazon:main', DUE)
    await leave(run, header, replies, BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ outcome: 'pending' })
    const { header: after, secrets } = await run.stored('amazon:main')
    expect([secrets.refreshToken?.reveal(), secrets.pending?.reveal()]).toEqual(['old-token', 'pasted'])
    expect(after.pendingAt).toBe(EARLIER)
    expect(await left(run, 'amazon:main')).toBeUndefined()
    expect(run.told).toEqual([
      'amazon:main: a token that was brought and not yet proven is kept beside the old one.',
    ])
    expect(run.events).toMatchObject([{ action: 'recover', outcome: 'pending', code: null }])
  })

  test('and was accepted, for a record that moved on since, is kept aside', async () => {
    const run = start('none')
    const header = await run.add('amazon:main', { ...DUE, generation: 5 })
    await leave(run, header, [reply('token same')], { ...BROUGHT, generation: 2 })
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('amazon:main')).secrets.refreshToken?.reveal()).toBe('old-token')
    expect(run.told).toEqual([expect.stringContaining('that has been replaced since')])
  })

  test.each([
    ['waits in the record already', { pending: new Secret('pasted') }, {}],
    [
      'is the stored one, pasted again after a refusal',
      { refreshToken: new Secret('pasted') },
      { refused: { code: 'GRANT_REJECTED', at: EARLIER - DAY } },
    ],
  ] as const)('and accepted is stored where it %s', async (_, secrets, given) => {
    const run = start('strict')
    const header = await run.add('amazon:main', { ...DUE, ...given }, secrets)
    await leave(run, header, [reply('token new')], BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ outcome: 'renewed' })
    const after = await run.stored('amazon:main')
    expect(after.secrets.refreshToken?.reveal()).toBe('new-token')
    expect(after.secrets.pending).toBeNull()
  })

  test.each([
    ['no answer', []],
    ['an answer that says nothing', [reply('down')]],
  ] as const)('and waits in the record already: with %s nothing is changed', async (_, replies) => {
    const run = start('none')
    const header = await run.add(
      'amazon:main',
      { ...DUE, pendingAt: EARLIER },
      { pending: new Secret('pasted') },
    )
    const { revision } = await run.stored('amazon:main')
    await leave(run, header, replies, BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('amazon:main')).revision).toBe(revision)
    expect(await left(run, 'amazon:main')).toBeUndefined()
  })

  test('and not proven, for an account that is not there yet, makes it', async () => {
    const run = start('none')
    await run.addApp('amazon')
    await leave(run, { account: 'amazon:main', generation: 0 } as AccountHeader, [], BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({
      outcome: 'pending',
      pendingLostAt: null,
    })
    const { secrets } = await run.stored('amazon:main')
    expect([secrets.refreshToken, secrets.pending?.reveal()]).toEqual([null, 'pasted'])
  })

  test('and may have been spent waits with the mark of its lost answer', async () => {
    const run = start('strict')
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [], { ...BROUGHT, mayReplace: true, region: null })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({
      outcome: 'pending',
      lostAt: null,
      pendingLostAt: EARLIER,
    })
    const mark = await left(run, 'aliexpress:main')
    expect(mark).toMatchObject({
      replies: [],
      undertaking: { purpose: 'pending', at: EARLIER, mayReplace: true, wasLost: true, app: 'default' },
    })
    expect(mark?.state === 'readable' && mark.undertaking.token.reveal()).toBe('pasted')
  })

  test('and was not taken, of those that may be spent, waits without one', async () => {
    const run = start('strict')
    const header = await run.add('aliexpress:main', DUE)
    await leave(run, header, [reply('keys')], { ...BROUGHT, mayReplace: true, region: null })
    expect(await recover(ref('aliexpress:main'), run.ports)).toMatchObject({
      outcome: 'pending',
      pendingLostAt: null,
    })
    expect(await left(run, 'aliexpress:main')).toBeUndefined()
  })

  test('and refused is not kept', async () => {
    const run = start('none')
    const header = await run.add('amazon:main', DUE)
    await leave(run, header, [reply('refused')], BROUGHT)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('amazon:main')).secrets.pending).toBeNull()
  })

  test('and not proven, of another app than the stored one, is not kept: that one would be left with the wrong keys', async () => {
    const run = start('none')
    const header = await run.add('amazon:main', DUE)
    await leave(run, header, [], { ...BROUGHT, app: 'other' })
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('amazon:main')).secrets.pending).toBeNull()
  })

  test('and stored already is done', async () => {
    const run = start('none')
    const header = await run.add(
      'amazon:main',
      { ...DUE, generation: 1 },
      { refreshToken: new Secret('pasted') },
    )
    await leave(run, header, [reply('token same')], { ...BROUGHT, generation: 0 })
    await recover(ref('amazon:main'), run.ports)
    expect(run.log.filter(line => line.startsWith('save'))).toEqual([])
  })
})

describe('a pasted token that waited in the record', () => {
  const PENDING = { purpose: 'pending', token: new Secret('pasted'), mayReplace: false } as const
  const waiting = async (run: ScriptedRun) =>
    run.add('amazon:main', { ...DUE, pendingAt: NOW - DAY }, { pending: new Secret('pasted') })

  test('and was accepted takes the old one’s place', async () => {
    const run = start('none')
    await leave(run, await waiting(run), [reply('token same')], PENDING)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ outcome: 'renewed' })
    const { header, secrets } = await run.stored('amazon:main')
    expect([secrets.refreshToken?.reveal(), secrets.pending]).toEqual(['pasted', null])
    expect(header).toMatchObject({
      consentAt: NOW - DAY,
      pendingAt: null,
      lastAttempt: { outcome: 'renewed' },
    })
  })

  test.each([
    ['has no answer', [], EARLIER],
    ['was not taken', [reply('keys')], null],
  ] as const)(
    'and may be spent when it is used (%s) waits on, marked where nobody knows',
    async (_, replies, at) => {
      const run = start('strict')
      const pending = { pending: new Secret('pasted') }
      const header = await run.add('aliexpress:main', { ...DUE, pendingAt: NOW - DAY }, pending)
      await leave(run, header, replies, { ...PENDING, mayReplace: true })
      expect(await recover(ref('aliexpress:main'), run.ports)).toEqual({ lostAt: null, pendingLostAt: at })
      const mark = await left(run, 'aliexpress:main')
      expect(mark?.state === 'readable' && mark.undertaking).toEqual(
        at === null
          ? false
          : expect.objectContaining({ purpose: 'pending', token: pending.pending, at, wasLost: true }),
      )
      expect((await run.stored('aliexpress:main')).secrets.pending?.reveal()).toBe('pasted')
    },
  )

  test('and has no answer waits on', async () => {
    const run = start('none')
    await leave(run, await waiting(run), [], PENDING)
    expect(await recover(ref('amazon:main'), run.ports)).toMatchObject({ lostAt: null })
    expect((await run.stored('amazon:main')).secrets.pending?.reveal()).toBe('pasted')
    expect(await left(run, 'amazon:main')).toBeUndefined()
  })
})

describe('a consent that was cut off', () => {
  const SHOP = 'aliexpress:main'
  const ROTATIONS = ['none', 'grace', 'strict', 'unknown'] as const
  const OLD = { ...DUE, acceptedAt: NOW - 9 * DAY, generation: 4 }
  const accepted = {
    access_token: 'access',
    refresh_token: 'consented',
    seller: 'shop-1',
    request_id: 'r-9',
  }

  const begin = (rotation: Rotation = 'strict') =>
    scriptedRun({
      answer: () => new Error('nobody is asked'),
      adapter: { rotation, login: async () => fakeLogin(readAnswerText) },
    })
  const leaveIt = async (
    run: ScriptedRun,
    answers: LeftConsent['answers'],
    more: Partial<LeftConsent> = {},
  ) => {
    await leaveConsent(run.vault, { account: SHOP, generation: 4, at: EARLIER, answers, ...more })
    run.log.length = 0
  }
  const tokens = async (run: ScriptedRun) => {
    const { secrets } = await run.stored(SHOP)
    return [secrets.refreshToken, secrets.previous?.refreshToken, secrets.pending].map(each => each?.reveal())
  }

  const refused = { code: 'GRANT_REJECTED', at: NOW - 3 * DAY } as const
  const accounts = [
    ['that was fine', {}, {}, 'old-token', null],
    ['that was rejected', { refused }, {}, 'old-token', { from: NOW - 9 * DAY, to: EARLIER }],
    ['that was only followed by its dates', { holdsToken: false }, { refreshToken: null }, undefined, null],
    ['with a token that waits', { pendingAt: EARLIER }, { pending: new Secret('paste') }, 'old-token', null],
  ] as const
  const modes = ['named', 'due'] as const
  test.each(
    ROTATIONS.flatMap(rotation =>
      modes.flatMap(mode => accounts.map(each => [rotation, mode, ...each] as const)),
    ),
  )(
    '%s: a renewal (%s) stores its answer for an account %s, with its own time, and asks nobody',
    async (rotation, mode, _, given, secrets, previous, gap) => {
      const run = begin(rotation)
      await run.add(SHOP, { ...OLD, ...given }, secrets)
      await leaveIt(run, [accepted], { at: NOW - 1 })
      const { header } = await run.stored(SHOP)
      expect(header).toMatchObject({ awaitsRecovery: true, presentedAt: NOW - 1 })
      const results = await renewAll([{ account: ref(SHOP), header }], { mode, concurrency: 1 }, run.ports)
      expect(results).toMatchObject([{ outcome: 'renewed', error: null }])
      expect(run.log.filter(line => line.startsWith('send'))).toEqual([])
      const times = { consentAt: NOW - 1, renewedAt: NOW - 1, acceptedAt: NOW - 1 }
      expect((await run.stored(SHOP)).header).toMatchObject({
        ...times,
        accessExpiresAt: NOW - 1 + HOUR,
        holdsToken: true,
        seller: 'shop-1',
        generation: 5,
        refused: null,
        pendingAt: null,
        awaitsRecovery: false,
        gap: gap === null ? null : { ...gap, to: NOW - 1 },
      })
      expect(await tokens(run)).toEqual(['consented', previous, undefined])
      expect(await left(run, SHOP)).toBeUndefined()
      expect(run.events).toEqual([
        {
          action: 'recover',
          subject: SHOP,
          outcome: 'renewed',
          code: null,
          failure: null,
          requestId: 'r-9',
        },
      ])
      expect(run.told).toEqual([expect.stringMatching(/^aliexpress:main: .* is finished/)])
    },
  )

  test('makes the account that is not there yet, with what a person chose', async () => {
    const run = begin()
    await run.addApp('aliexpress')
    await leaveIt(run, [accepted], { generation: 0, change: { region: 'eu' } })
    expect((await run.vault.listing()).accounts).toEqual([])
    expect(run.vault.warnings()).toEqual([
      'A consent for aliexpress:main waits to be stored: run `tokenctl login aliexpress:main` again.',
    ])
    expect(await recover(ref(SHOP), run.ports)).toMatchObject({ outcome: 'renewed' })
    expect((await run.stored(SHOP)).header).toMatchObject({
      app: 'default',
      region: 'eu',
      environment: 'production',
      consentAt: EARLIER,
      generation: 1,
      gap: null,
    })
    expect(run.vault.warnings()).toEqual([])
  })

  test.each<[string, LeftConsent['answers']]>([
    ['the marketplace asked to come again', [{ error: 'throttled' }, accepted]],
    ['the newer keys were not taken', [{ error: 'keys' }, accepted]],
  ])('was answered after %s: the last answer counts', async (_, answers) => {
    const run = begin()
    await run.add(SHOP, OLD)
    await leaveIt(run, answers)
    await recover(ref(SHOP), run.ports)
    expect(await tokens(run)).toEqual(['consented', 'old-token', undefined])
  })

  const useless: readonly (readonly [string, LeftConsent['answers']])[] = [
    ['no answer', []],
    ['a refusal', [{ error: 'refused' }]],
    ['an answer to come again', [{ error: 'throttled' }]],
    ['a fault of the marketplace', [{ error: 'down' }]],
    ['keys that it does not take', [{ error: 'keys' }]],
    ['an answer that nobody can read', [{ token: 'something' }]],
    ['an answer without a refresh token', [{ access_token: 'access', seller: 'shop-1' }]],
  ]
  test.each(ROTATIONS.flatMap(rotation => useless.map(each => [rotation, ...each] as const)))(
    '%s: with %s it goes, and the account is as it was',
    async (rotation, _, answers) => {
      const run = begin(rotation)
      await run.add(SHOP, { ...OLD, pendingAt: EARLIER }, { pending: new Secret('paste') })
      const before = await run.stored(SHOP)
      await leaveIt(run, answers)
      expect(await recover(ref(SHOP), run.ports)).toEqual({ lostAt: null, pendingLostAt: null })
      expect(await run.stored(SHOP)).toEqual(before)
      expect(await left(run, SHOP)).toBeUndefined()
      expect(run.log.filter(line => line.startsWith('save'))).toEqual([])
      expect([run.told, run.events]).toEqual([[], []])
    },
  )

  test.each<[string, LeftConsent['answers'], string | null, boolean]>([
    ['no answer', [], null, false],
    ['a refusal', [{ error: 'refused' }], null, true],
    ['an answer of another seller', [accepted], 'shop-2', true],
  ])(
    'with %s leaves open what was open of the stored token before it',
    async (_, answers, seller, isAnswered) => {
      const run = begin()
      await run.add(SHOP, { ...OLD, seller })
      await leaveIt(run, answers, { at: EARLIER - DAY, change: { wasLost: true } })
      const open = { presentedAt: EARLIER - DAY, awaitsRecovery: isAnswered }
      expect((await run.stored(SHOP)).header).toMatchObject(open)
      expect(await recover(ref(SHOP), run.ports)).toEqual({ lostAt: EARLIER - DAY, pendingLostAt: null })
      expect((await run.stored(SHOP)).header).toMatchObject({ ...open, awaitsRecovery: false })
      const mark = await left(run, SHOP)
      expect(mark).toMatchObject({ replies: [], undertaking: { purpose: 'refresh', wasLost: true } })
      expect(mark?.state === 'readable' && mark.undertaking.token.reveal()).toBe('old-token')
    },
  )

  test('makes no account of a code without an answer', async () => {
    const run = begin()
    await leaveIt(run, [], { generation: 0 })
    expect(run.vault.warnings()).toEqual([])
    await recover(ref(SHOP), run.ports)
    expect((await run.vault.listing()).accounts).toEqual([])
    expect(await left(run, SHOP)).toBeUndefined()
  })

  test('with an answer that broke off at any byte stores what came whole, or leaves all as it was', async () => {
    const whole = answerText(accepted)
    const isHere = whole.indexOf('consented"') + 'consented"'.length
    for (let length = 0; length <= whole.length; length += 1) {
      const run = begin()
      await run.add(SHOP, OLD)
      await leaveIt(run, [whole.slice(0, length)])
      await recover(ref(SHOP), run.ports)
      const expected = length < isHere ? ['old-token', undefined] : ['consented', 'old-token']
      expect([length, ...(await tokens(run))]).toEqual([length, ...expected, undefined])
      expect((await run.stored(SHOP)).header.presentedAt).toBeNull()
      expect(await left(run, SHOP)).toBeUndefined()
    }
  })

  test('a store that fails leaves the journal as it is', async () => {
    const run = begin()
    await run.add(SHOP, OLD)
    await leaveIt(run, [accepted])
    run.vault.failures.push(...Array.from({ length: 3 }, () => new TokenctlError('WRITE_FAILED', 'Full.')))
    await expect(recover(ref(SHOP), run.ports)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(await left(run, SHOP)).toMatchObject({ replies: [{}] })
    await recover(ref(SHOP), run.ports)
    expect(await tokens(run)).toEqual(['consented', 'old-token', undefined])
  })

  test.each<[string, number, LeftConsent['answers'], RegExp[]]>([
    ['it was stored, and only the removal was cut off', 3, [accepted], []],
    ['another token was stored since', 2, [accepted], [/replaced since\. It is kept as .*past/]],
    ['another token was stored since, and it was refused', 2, [{ error: 'refused' }], []],
  ])('is past where %s', async (_, generation, answers, told) => {
    const run = begin()
    await run.add(SHOP, OLD)
    await leaveIt(run, answers, { generation })
    expect(await recover(ref(SHOP), run.ports)).toEqual({ lostAt: null, pendingLostAt: null })
    expect(await tokens(run)).toEqual(['old-token', undefined, undefined])
    expect(await left(run, SHOP)).toBeUndefined()
    expect(run.told).toEqual(told.map(each => expect.stringMatching(each)))
  })

  test('whose answer breaks off within its line is kept aside, and the stored token is as it was', async () => {
    const run = begin()
    await run.add(SHOP, OLD)
    await leaveIt(run, [])
    const journal = await run.vault.journal()
    const read = journal.read.bind(journal)
    journal.read = async account => Object.assign((await read(account)) ?? {}, { isTorn: true }) as never
    expect(await recover(ref(SHOP), run.ports)).toEqual({ lostAt: null, pendingLostAt: null })
    journal.read = read
    expect(run.told).toEqual([expect.stringMatching(/breaks off within an answer\. It is kept as .*torn/)])
    expect((await run.stored(SHOP)).header.presentedAt).toBeNull()
    expect(await left(run, SHOP)).toBeUndefined()
  })

  test.each<[string, Partial<JournalHead> | undefined, boolean]>([
    ['is known to be of a consent', { purpose: 'consent', at: EARLIER }, false],
    ['was open before the consent', { purpose: 'consent', at: EARLIER, wasLost: true }, true],
    ['is known to be of a renewal', { purpose: 'refresh', at: EARLIER }, true],
    ['may be of anything', undefined, true],
  ])(
    'and cannot be read is moved aside; the stored token counts as presented where it %s: %j',
    async (_, head, isOpen) => {
      const run = begin()
      await run.add(SHOP, OLD)
      await leaveIt(run, [accepted])
      const journal = await run.vault.journal()
      const read = journal.read.bind(journal)
      journal.read = async () => ({ state: 'other-key', head: head as JournalHead | undefined })
      const { lostAt } = await recover(ref(SHOP), run.ports)
      journal.read = read
      expect(lostAt !== null).toBe(isOpen)
      expect((await run.stored(SHOP)).header.presentedAt).toBe(lostAt)
      expect((await left(run, SHOP)) !== undefined).toBe(isOpen)
      expect(run.told).toEqual([expect.stringMatching(/sealed with another key\. It is kept as .*other-key/)])
    },
  )
})
