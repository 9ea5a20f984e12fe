/** The keys that a renewal has: two sets while a marketplace takes an old secret beside the new one, then one. */
import { describe, expect, test } from 'vitest'
import { appKeysOf, requireTokenHost } from '../../src/renewal/preconditions.ts'
import { renewAll } from '../../src/renewal/renew-all.ts'
import { rotatedApp } from '../../src/tokens/app-keys.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { at } from '../support/accounts.ts'
import type { ScriptedRun } from './scripted-run.ts'
import { secretRun, takes, type Verdict } from './two-secrets.ts'

const NOW = at('2026-11-22T10:00:00Z')
const NEW = { clientId: new Secret('client-id'), clientSecret: new Secret('new-secret') }

/** Accounts of an app that was rotated now. */
async function rotatedRun(verdict: Verdict, names: readonly string[] = ['main']): Promise<ScriptedRun> {
  const run = secretRun(verdict)
  for (const name of names) {
    const known = { consentAt: NOW - DAY, renewedAt: NOW - DAY }
    await run.add(`amazon:${name}`, known, { refreshToken: new Secret(name) })
  }
  const stored = await run.vault.app('amazon', 'default')
  if (stored === undefined) throw new Error('no app')
  await run.vault.saveApp(rotatedApp(stored, NEW, { issuedAt: NOW, overlapDays: 7 }, NOW), stored.revision)
  run.log.length = 0
  return run
}

async function renew(run: ScriptedRun) {
  const { accounts } = await run.vault.listing()
  const candidates = accounts.map(header => ({
    account: { marketplace: 'amazon', name: header.account.slice('amazon:'.length) },
    header,
  }))
  return await renewAll(candidates, { mode: 'named', concurrency: 1 }, run.ports)
}

const sent = (run: ScriptedRun) => run.log.filter(line => line.startsWith('send '))

test.each([
  ['at once', 0, ['new-secret', 'client-secret']],
  ['to the last moment', 7 * DAY - 1, ['new-secret', 'client-secret']],
  ['and not at the end', 7 * DAY, ['new-secret']],
  ['nor a year later', 365 * DAY, ['new-secret']],
])('there are two sets of them %s', async (_, after, wanted) => {
  const run = await rotatedRun(takes())
  run.clock.advance(after)
  const keys = await appKeysOf({ app: null }, run.ports.adapterOf('amazon'), run.ports)
  expect(keys.map(each => each['clientSecret']?.reveal())).toEqual(wanted)
})

describe('a renewal after a rotation', () => {
  test('asks with the new secret alone where it is taken', async () => {
    const run = await rotatedRun(takes('new-secret', 'client-secret'))
    expect(await renew(run)).toMatchObject([{ outcome: 'proved' }])
    expect(sent(run)).toEqual(['send main with new-secret'])
    expect(run.told).toEqual([])
  })

  test('asks with the old one where the new is not taken yet, and says so', async () => {
    const run = await rotatedRun(takes('client-secret'), ['a', 'b'])
    expect(await renew(run)).toMatchObject([{ outcome: 'proved' }, { outcome: 'proved' }])
    expect(sent(run)).toEqual([
      'send a with new-secret',
      'send a with client-secret',
      'send b with new-secret',
      'send b with client-secret',
    ])
    expect((await run.stored('amazon:a')).header).toMatchObject({ failing: null, acceptedAt: NOW })
    // The same words each time, so that whoever prints them can print them once.
    expect([...new Set(run.told)]).toEqual([
      'Amazon does not take the new secret of app default yet; the one before it is tried. `tokenctl status` says until when that one is good.',
    ])
  })

  test('fails by what the new secret was told where both are refused', async () => {
    const run = await rotatedRun(takes())
    expect(await renew(run)).toMatchObject([{ outcome: 'failed', error: { code: 'CLIENT_REJECTED' } }])
    expect(sent(run)).toHaveLength(2)
    expect((await run.stored('amazon:main')).header.failing).toMatchObject({
      code: 'CLIENT_REJECTED',
      count: 1,
    })
  })

  test('has no old secret after its end', async () => {
    const run = await rotatedRun(takes('client-secret'))
    run.clock.advance(7 * DAY)
    expect(await renew(run)).toMatchObject([{ outcome: 'failed', error: { code: 'CLIENT_REJECTED' } }])
    expect(sent(run)).toEqual(['send main with new-secret'])
    expect(run.told).toEqual([])
  })
})

describe('keys that were entered for another host than a manifest names now', () => {
  /** An app of this host, in an adapter that names its own. */
  async function movedRun(tokenOrigin: string | undefined) {
    const run = secretRun(takes('client-secret'))
    const known = { consentAt: NOW - DAY, renewedAt: NOW - DAY }
    await run.add('amazon:main', known, { refreshToken: new Secret('main') })
    const stored = await run.vault.app('amazon', 'default')
    if (stored === undefined) throw new Error('no app')
    await run.vault.saveApp({ ...stored, header: { ...stored.header, tokenOrigin } }, stored.revision)
    run.log.length = 0
    return run
  }
  const here = async () => {
    const { ports } = await movedRun(undefined)
    return ports.destinationOf(ports.adapterOf('amazon')).origin
  }

  test('are sent nowhere, nor is a token, and both hosts are named', async () => {
    const run = await movedRun('https://api.before.example')
    const [result] = await renew(run)
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'ENVIRONMENT_MISMATCH', exit: 2 } })
    expect(sent(run)).toEqual([])
    expect(result?.error?.message).toContain(`${await here()} in place of https://api.before.example`)
    expect(result?.error?.fix).toContain('`tokenctl app set amazon`')
  })

  test('are sent where the host is the same, and to a simulator', async () => {
    const same = await movedRun(await here())
    expect(await renew(same)).toMatchObject([{ outcome: 'proved' }])
    const { ports } = await movedRun('https://api.before.example')
    const local = { environment: 'local', origin: 'http://127.0.0.1:8080' } as const
    const header = { name: 'default', tokenOrigin: 'https://api.before.example' }
    expect(() =>
      requireTokenHost(header, ports.adapterOf('amazon'), { destinationOf: () => local }),
    ).not.toThrow()
  })
})
