/** Which account proves an app's new secret, and what each answer says of it: nothing else is changed by asking. */
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { type AppProof, proveApp } from '../../src/renewal/prove-app.ts'
import { recover } from '../../src/renewal/recover.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at } from '../support/accounts.ts'
import type { ScriptedRun } from './scripted-run.ts'
import { clientRejected, secretRun, takes } from './two-secrets.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const KEYS = { clientId: new Secret('client-id'), clientSecret: new Secret('new-secret') }
const grantRejected = () =>
  new TokenctlError('GRANT_REJECTED', 'Amazon refused the refresh token.', { failure: 'permanent' })
const down = () => new TokenctlError('MARKETPLACE_DOWN', 'Amazon is out of order.', { failure: 'transient' })

const prove = (run: ScriptedRun, more: Partial<AppProof> = {}) =>
  proveApp({ adapter: run.ports.adapterOf('amazon'), app: 'default', keys: KEYS, ...more }, run.ports)

/** An account whose token has its own name. */
const add = (run: ScriptedRun, name: string, given: Partial<AccountHeader> = {}) =>
  run.add(
    `amazon:${name}`,
    { consentAt: ago(30), renewedAt: ago(30), ...given },
    { refreshToken: new Secret(name) },
  )

const sent = (run: ScriptedRun) => run.log.filter(line => line.startsWith('send '))
const REJECTED = { code: 'GRANT_REJECTED', at: NOW } as const

describe('a secret that is taken', () => {
  test('is asked with alone, by the lock and journal of a renewal, and its answer is stored', async () => {
    const run = secretRun(takes('new-secret'))
    await add(run, 'main')
    expect(await prove(run)).toEqual({ outcome: 'accepted', account: 'amazon:main' })
    expect(run.log).toEqual([
      'lock amazon:main',
      'read amazon:main',
      'mark amazon:main',
      'send main with new-secret',
      'keep amazon:main',
      'save amazon:main proved',
      'clear amazon:main',
      'unlock amazon:main',
    ])
    const { header, secrets } = await run.stored('amazon:main')
    expect(header).toMatchObject({
      acceptedAt: NOW,
      renewedAt: ago(30),
      accessExpiresAt: NOW + HOUR,
      lastAttempt: { at: NOW, outcome: 'proved', code: null },
    })
    expect(secrets.refreshToken?.reveal()).toBe('main')
    expect(run.events).toMatchObject([
      { action: 'renew', subject: 'amazon:main', outcome: 'proved', code: null, requestId: 'request-7' },
    ])
  })

  test('counts as a renewal where a refresh is one', async () => {
    const run = secretRun(takes('new-secret'), { refreshRenews: true })
    await add(run, 'main')
    await prove(run)
    expect((await run.stored('amazon:main')).header.renewedAt).toBe(NOW)
    expect(run.events).toMatchObject([{ outcome: 'renewed' }])
  })
})

describe('who is asked', () => {
  test.each<[string, Readonly<Record<string, Partial<AccountHeader>>>, string]>([
    ['the healthiest', { expiring: { consentAt: ago(350) }, due: { renewedAt: ago(100) }, ok: {} }, 'ok'],
    [
      'one that is due before one that ends',
      { expiring: { consentAt: ago(350) }, due: { renewedAt: ago(100) } },
      'due',
    ],
    ['of those that are fine, whose consent lives longest', { a: {}, b: { consentAt: ago(20) }, c: {} }, 'b'],
    [
      'one that ends soon, where there is no other',
      { end: { consentAt: ago(350) }, dead: { refused: REJECTED } },
      'end',
    ],
    ['one of that app', { a: { app: 'second', consentAt: ago(1) }, b: {} }, 'b'],
    ['one without a word on its app, which is the default one', { a: { app: null } }, 'a'],
  ])('%s', async (_, accounts, wanted) => {
    const run = secretRun(takes('new-secret'))
    for (const [name, given] of Object.entries(accounts)) await add(run, name, given)
    run.log.length = 0
    expect(await prove(run)).toEqual({ outcome: 'accepted', account: `amazon:${wanted}` })
    expect(sent(run)).toEqual([`send ${wanted} with new-secret`])
  })

  test('nobody whose token is dead, is not here, or is of another app, marketplace or environment', async () => {
    const run = secretRun(takes('new-secret'))
    await add(run, 'rejected', { refused: REJECTED })
    await add(run, 'expired', { consentAt: ago(400), renewedAt: ago(400) })
    await add(run, 'second', { app: 'second' })
    await add(run, 'local', { environment: 'local' })
    await run.add('amazon:tracked', { holdsToken: false, consentAt: ago(1) }, { refreshToken: null })
    await run.add('ebay:main', { consentAt: ago(1) })
    run.log.length = 0
    expect(await prove(run)).toEqual({ outcome: 'unproven', account: null, error: null })
    expect(run.log).toEqual([])
  })

  test.each<[string, (run: ScriptedRun) => Promise<unknown>]>([
    ['was removed meanwhile', run => run.vault.removeAccount({ marketplace: 'amazon', name: 'a' }, 1)],
    [
      'went over to another app meanwhile',
      async run => {
        const { header, secrets } = await run.stored('amazon:a')
        await run.vault.saveAccount({ header: { ...header, app: 'second' }, secrets }, 1)
      },
    ],
    [
      'holds nothing but a token that waits to be proven',
      async run => {
        const { header, secrets } = await run.stored('amazon:a')
        const pending = { ...secrets, refreshToken: null, pending: new Secret('pasted') }
        await run.vault.saveAccount({ header, secrets: pending }, 1)
      },
    ],
  ])('the next, where one %s', async (_, befalls) => {
    const run = secretRun(takes('new-secret'))
    await add(run, 'a', { consentAt: ago(1) })
    await add(run, 'b')
    const { hold } = run.ports.locks
    const locks: typeof run.ports.locks = {
      async hold(name, work) {
        if (name === 'amazon:a') await befalls(run)
        return await hold(name, work)
      },
    }
    const ports = { ...run.ports, locks }
    const proof = { adapter: ports.adapterOf('amazon'), app: 'default', keys: KEYS }
    expect(await proveApp(proof, ports)).toEqual({ outcome: 'accepted', account: 'amazon:b' })
    expect(sent(run)).toEqual(['send b with new-secret'])
  })

  test('nobody any more once the person stops the run', async () => {
    const stop = new AbortController()
    const run = secretRun(() => {
      stop.abort()
      return grantRejected()
    })
    await add(run, 'a')
    await add(run, 'b')
    await expect(prove(run, { stop: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(sent(run)).toHaveLength(1)
    expect(run.held.now).toBe(0)
  })
})

describe('a secret that is refused', () => {
  test('changes nothing, and nobody else is asked', async () => {
    const run = secretRun(clientRejected)
    await add(run, 'a')
    await add(run, 'b')
    const before = await run.stored('amazon:a')
    expect(await prove(run)).toMatchObject({
      outcome: 'refused',
      account: 'amazon:a',
      error: { code: 'CLIENT_REJECTED' },
    })
    expect(sent(run)).toEqual(['send a with new-secret'])
    expect(await run.stored('amazon:a')).toEqual(before)
    expect(await (await run.vault.journal()).read('amazon:a')).toBeUndefined()
    expect(run.events).toEqual([])
  })
})

describe('what says nothing of the secret', () => {
  test('a token that is refused: it is written down, and the next account is asked', async () => {
    const run = secretRun(token => (token === 'a' ? grantRejected() : undefined))
    await add(run, 'a', { consentAt: ago(1) })
    await add(run, 'b')
    expect(await prove(run)).toEqual({ outcome: 'accepted', account: 'amazon:b' })
    expect((await run.stored('amazon:a')).header).toMatchObject({
      refused: REJECTED,
      lastAttempt: { at: NOW, outcome: 'failed', code: 'GRANT_REJECTED' },
      presentedAt: null,
    })
    expect(run.events).toMatchObject([
      {
        action: 'renew',
        subject: 'amazon:a',
        outcome: 'failed',
        code: 'GRANT_REJECTED',
        failure: 'permanent',
      },
      { action: 'renew', subject: 'amazon:b', outcome: 'proved' },
    ])
    expect(run.held).toEqual({ now: 0, most: 1 })
  })

  test('every token is refused: unproven, for the first reason', async () => {
    const run = secretRun(grantRejected)
    await add(run, 'a', { consentAt: ago(1) })
    await add(run, 'b')
    expect(await prove(run)).toMatchObject({
      outcome: 'unproven',
      account: 'amazon:a',
      error: { code: 'GRANT_REJECTED' },
    })
    expect(sent(run)).toHaveLength(2)
  })

  test('the marketplace is down: unproven, and the way from the next account is the same', async () => {
    const run = secretRun(down)
    await add(run, 'a', { consentAt: ago(1) })
    await add(run, 'b')
    const before = await run.stored('amazon:a')
    expect(await prove(run)).toMatchObject({
      outcome: 'unproven',
      account: 'amazon:a',
      error: { code: 'MARKETPLACE_DOWN' },
    })
    expect(sent(run)).toEqual(Array.from({ length: 3 }, () => 'send a with new-secret'))
    expect(await run.stored('amazon:a')).toEqual(before)
  })

  test.each(['LOCK_HELD', 'RECORD_UNREADABLE'] as const)('%s of one account: the next', async code => {
    const run = secretRun(takes('new-secret'))
    await add(run, 'a', { consentAt: ago(1) })
    await add(run, 'b')
    const { hold } = run.ports.locks
    const locks: typeof run.ports.locks = {
      hold: (name, work) =>
        name === 'amazon:a' ? Promise.reject(new TokenctlError(code, 'Not now.')) : hold(name, work),
    }
    const ports = { ...run.ports, locks }
    const proof = { adapter: ports.adapterOf('amazon'), app: 'default', keys: KEYS }
    expect(await proveApp(proof, ports)).toEqual({ outcome: 'accepted', account: 'amazon:b' })
  })
})

describe('what stops the proof', () => {
  test.each(['BUG', 'CLOCK_WRONG', 'VAULT_LOCKED'] as const)('%s', async code => {
    const run = secretRun(() => new TokenctlError(code, 'It is so.'))
    await add(run, 'a')
    await add(run, 'b')
    await expect(prove(run)).rejects.toMatchObject({ code })
    expect(sent(run)).toHaveLength(1)
    expect(run.held.now).toBe(0)
  })

  test('what is not ours', async () => {
    const run = secretRun(() => new RangeError('a fault'))
    await add(run, 'a')
    await expect(prove(run)).rejects.toThrow(RangeError)
    expect(run.held.now).toBe(0)
  })

  test('a store that fails after the marketplace accepted: the journal has the answer, for the next run', async () => {
    const run = secretRun(takes('new-secret'))
    await add(run, 'a')
    run.vault.failures.push(...Array.from({ length: 9 }, () => new TokenctlError('WRITE_FAILED', 'Full.')))
    await expect(prove(run)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(run.held.now).toBe(0)
    run.vault.failures.length = 0
    const { outcome } = await recover({ marketplace: 'amazon', name: 'a' }, run.ports)
    expect(outcome).toBe('proved')
    expect((await run.stored('amazon:a')).header.acceptedAt).toBe(NOW)
  })
})

test('a token that rotates and was sent before in vain stays marked as such, whatever is said of the secret', async () => {
  const run = secretRun(clientRejected, { rotation: 'unknown' })
  await add(run, 'a', { presentedAt: ago(1) })
  expect(await prove(run)).toMatchObject({ outcome: 'refused' })
  expect((await run.stored('amazon:a')).header.presentedAt).toBe(ago(1))
})
