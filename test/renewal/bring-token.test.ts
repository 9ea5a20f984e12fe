import { describe, expect, test } from 'vitest'
import { type ErrorCode, type FailureClass, TokenctlError } from '../../src/errors.ts'
import { type Brought, bringToken } from '../../src/renewal/bring-token.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import { at, issued } from '../support/accounts.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

const NOW = at('2026-11-22T10:00:00Z')
const ago = (days: number) => NOW - days * DAY
const yes = issued({ accessExpiresAt: NOW + HOUR })
const fault = (code: ErrorCode, failure: FailureClass) =>
  new TokenctlError(code, `It is ${code}.`, { failure })

const bring = (run: ScriptedRun, changes: Partial<Brought> = {}) =>
  bringToken(
    {
      account: { marketplace: 'amazon', name: 'main' },
      token: new Secret('pasted-token'),
      app: null,
      region: null,
      ...changes,
    },
    run.ports,
  )

const OLD = {
  consentAt: ago(300),
  renewedAt: ago(300),
  generation: 4,
  region: 'eu',
  seller: 'shop-4711',
} as const

describe('a token that the marketplace accepts', () => {
  test('makes the account, with today as the day of consent', async () => {
    const run = scriptedRun({ answer: () => yes })
    await run.addApp('amazon')
    const result = await bring(run, { region: 'fe' })
    expect(result).toMatchObject({ outcome: 'stored', error: null })
    const { header, secrets } = await run.stored('amazon:main')
    expect(header).toEqual(result.header)
    expect(header).toMatchObject({
      app: 'default',
      environment: 'production',
      holdsToken: true,
      consentAt: NOW,
      renewedAt: NOW,
      acceptedAt: NOW,
      region: 'fe',
      generation: 1,
      lastAttempt: { at: NOW, outcome: 'renewed', code: null },
    })
    expect(secrets.refreshToken?.reveal()).toBe('pasted-token')
    expect(secrets.previous).toBeNull()
  })

  test('replaces the old one, which is kept as previous, whatever was wrong with it', async () => {
    const run = scriptedRun({ answer: () => yes })
    const refused = { code: 'GRANT_REJECTED', at: ago(1) } as const
    const pending = { pending: new Secret('an earlier paste') }
    await run.add('amazon:main', { ...OLD, refused, pendingAt: ago(2) }, pending)
    const { header } = await bring(run)
    expect(header).toMatchObject({
      consentAt: NOW,
      renewedAt: NOW,
      refused: null,
      pendingAt: null,
      generation: 5,
      region: 'eu',
      // Whose the pasted token is, nobody has said.
      seller: null,
    })
    const { secrets } = await run.stored('amazon:main')
    expect(secrets.refreshToken?.reveal()).toBe('pasted-token')
    expect(secrets.previous?.refreshToken.reveal()).toBe('old-token')
    expect(secrets.pending).toBeNull()
  })

  test('the old one is stored until the answer is there', async () => {
    const run: ScriptedRun = scriptedRun({
      answer: async token => {
        expect(token).toBe('pasted-token')
        expect((await run.stored('amazon:main')).secrets.refreshToken?.reveal()).toBe('old-token')
        return yes
      },
    })
    await run.add('amazon:main', OLD)
    expect((await bring(run)).outcome).toBe('stored')
    expect(run.log).toEqual([
      'lock amazon:main',
      'read amazon:main',
      'keys amazon:default',
      'mark amazon:main',
      'send pasted-token',
      'keep amazon:main',
      'save amazon:main renewed',
      'clear amazon:main',
      'unlock amazon:main',
    ])
  })

  test('an account that was only followed by its dates holds one now', async () => {
    const run = scriptedRun({ answer: () => yes })
    await run.add('amazon:main', { ...OLD, holdsToken: false, app: null }, { refreshToken: null })
    expect((await bring(run)).header).toMatchObject({ holdsToken: true, app: 'default', consentAt: NOW })
  })
})

describe('a token that the marketplace refuses', () => {
  test('changes nothing', async () => {
    const run = scriptedRun({ answer: () => fault('GRANT_REJECTED', 'permanent') })
    await run.add('amazon:main', OLD)
    const before = await run.stored('amazon:main')
    await expect(bring(run)).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    expect(await run.stored('amazon:main')).toEqual(before)
    expect(run.held.now).toBe(0)
  })

  test('makes no account', async () => {
    const run = scriptedRun({ answer: () => fault('GRANT_REJECTED', 'permanent') })
    await run.addApp('amazon')
    await expect(bring(run)).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
    await expect(run.stored('amazon:main')).rejects.toThrow('is not stored')
  })
})

describe('a token that nobody could prove', () => {
  test.each([
    ['NETWORK_FAILED', 'transient'],
    ['NETWORK_FAILED', 'ambiguous'],
    ['MARKETPLACE_DOWN', 'ambiguous'],
    ['REPLY_MALFORMED', 'ambiguous'],
    ['CLIENT_REJECTED', 'configuration'],
  ] as const)('%s (%s): it is kept beside the old one', async (code, failure) => {
    const run = scriptedRun({ answer: () => fault(code, failure) })
    await run.add('amazon:main', OLD)
    const result = await bring(run)
    expect(result).toMatchObject({ outcome: 'pending', error: { code }, header: { ...OLD, pendingAt: NOW } })
    const { secrets } = await run.stored('amazon:main')
    expect(secrets.refreshToken?.reveal()).toBe('old-token')
    expect(secrets.pending?.reveal()).toBe('pasted-token')
  })

  test('without app keys nothing is sent, and it is kept', async () => {
    const run = scriptedRun({ answer: () => yes })
    const result = await bring(run)
    expect(result).toMatchObject({
      outcome: 'pending',
      error: { code: 'CLIENT_REJECTED' },
      header: { pendingAt: NOW, consentAt: null },
    })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
    expect((await run.stored('amazon:main')).secrets.pending?.reveal()).toBe('pasted-token')
  })

  test('a newer one takes its place', async () => {
    const run = scriptedRun({ answer: () => fault('NETWORK_FAILED', 'transient') })
    await run.add('amazon:main', { ...OLD, pendingAt: ago(3) }, { pending: new Secret('an earlier paste') })
    expect((await bring(run)).header.pendingAt).toBe(NOW)
    expect((await run.stored('amazon:main')).secrets.pending?.reveal()).toBe('pasted-token')
  })
})

describe('before anything is sent', () => {
  test('the token that is stored already is no new one', async () => {
    const run = scriptedRun({ answer: () => yes })
    await run.add('amazon:main', OLD)
    await expect(bring(run, { token: new Secret('old-token') })).rejects.toMatchObject({
      code: 'USAGE',
      fix: expect.stringContaining('`tokenctl renewed amazon:main`'),
    })
    expect(run.log.some(line => line.startsWith('send') || line.startsWith('save'))).toBe(false)
  })

  test('unless it was refused: the seller may have set it right', async () => {
    const run = scriptedRun({ answer: () => yes })
    await run.add('amazon:main', { ...OLD, refused: { code: 'GRANT_REJECTED', at: ago(1) } })
    const result = await bring(run, { token: new Secret('old-token') })
    expect(result).toMatchObject({ outcome: 'stored', header: { refused: null } })
  })

  test('the account must be of this environment', async () => {
    const run = scriptedRun({ answer: () => yes, environment: 'local' })
    await run.add('amazon:main', { ...OLD, environment: 'production' })
    await expect(bring(run)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    expect(run.log.some(line => line.startsWith('send'))).toBe(false)
  })

  test('so must the app', async () => {
    const run = scriptedRun({ answer: () => yes, environment: 'local' })
    await run.addApp('amazon', 'production')
    await expect(bring(run)).rejects.toMatchObject({ code: 'ENVIRONMENT_MISMATCH' })
    await expect(run.stored('amazon:main')).rejects.toThrow('is not stored')
  })
})

test('a vault that fails is not taken for a network that does', async () => {
  const run = scriptedRun({ answer: () => yes })
  await run.add('amazon:main', OLD)
  const full = () => new TokenctlError('WRITE_FAILED', 'The disk is full.')
  run.vault.failures.push(full(), full(), full())
  await expect(bring(run)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  expect((await run.stored('amazon:main')).secrets.refreshToken?.reveal()).toBe('old-token')
})
