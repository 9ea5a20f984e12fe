/** What is exported comes back as it was: any record, through a sealed file, into a store that is empty. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportRun } from '../../../src/cli/commands/export.ts'
import { importRun } from '../../../src/cli/commands/import.ts'
import { parseAccount } from '../../../src/tokens/account.ts'
import type { App, AppKeys } from '../../../src/tokens/app-keys.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader, AccountSecrets, TokenSet } from '../../../src/tokens/token-set.ts'
import { delivery, header } from '../../support/accounts.ts'
import { type AgeKey, ageKey } from '../../support/age.ts'
import { makeHome } from '../../support/temporary-home.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'

const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const date = fc.integer({ min: 0, max: NOW + 900 * DAY })
const token = fc
  .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: 60 })
  .map(codes => new Secret(String.fromCharCode(...codes)))
const marketplace = fc.constantFrom('ebay', 'amazon', 'aliexpress')
const environment = fc.constantFrom('production', 'sandbox', 'local')
const generation = fc.nat(1000)

/** What is known of any account, whether or not it holds a token. */
const facts = fc.record({
  generation,
  consentAt: orNull(date),
  renewedAt: orNull(date),
  endsAt: orNull(date),
  seller: orNull(fc.string({ minLength: 1, maxLength: 60 })),
  region: orNull(fc.constantFrom('na', 'eu', 'fe')),
  tags: fc.constantFrom<Readonly<Record<string, string>>>({}, { client: 'acme', note: 'Zweiter Laden' }),
  gap: orNull(fc.record({ from: date, to: date })),
  lastAttempt: orNull(fc.constant({ at: NOW, outcome: 'failed' as const, code: 'NETWORK_FAILED' })),
  delivery: orNull(fc.constant(delivery())),
})

const holder = fc
  .record({
    facts,
    acceptedAt: orNull(date),
    refused: orNull(fc.record({ code: fc.constantFrom('GRANT_REJECTED', 'ANSWER_LOST'), at: date })),
    refreshToken: orNull(token),
    pending: orNull(token),
    pendingAt: date,
    previous: orNull(fc.record({ refreshToken: token, generation })),
    access: orNull(fc.record({ token, at: orNull(date) })),
  })
  .filter(({ refreshToken, pending }) => refreshToken !== null || pending !== null)
  .map(each => ({
    header: {
      ...each.facts,
      app: 'default',
      holdsToken: true,
      acceptedAt: each.acceptedAt,
      refused: each.refused,
      pendingAt: each.pending === null ? null : each.pendingAt,
      accessExpiresAt: each.access?.at ?? null,
    },
    secrets: {
      refreshToken: each.refreshToken,
      pending: each.pending,
      previous: each.previous,
      accessToken: each.access?.token ?? null,
      delivery: each.facts.delivery === null ? null : { command: ['/bin/store'] },
    },
  }))

const tracked = facts.map(each => ({
  header: { ...each, app: null, holdsToken: false, delivery: null },
  secrets: { refreshToken: null, pending: null, previous: null, accessToken: null, delivery: null },
}))

const account: fc.Arbitrary<TokenSet> = fc
  .record({
    market: marketplace,
    name: fc.stringMatching(/^[a-z0-9]{1,12}$/),
    environment,
    of: fc.oneof(holder, tracked),
  })
  .map(({ market, name, environment, of }) => ({
    header: header({ ...of.header, account: `${market}:${name}`, environment } as Partial<AccountHeader>),
    secrets: of.secrets as AccountSecrets,
  }))

const KEYS: Readonly<Record<string, readonly string[]>> = {
  ebay: ['clientId', 'clientSecret', 'ruName'],
  amazon: ['clientId', 'clientSecret'],
  aliexpress: ['appKey', 'appSecret'],
}
const word = fc.stringMatching(/^[A-Za-z0-9.-]{4,40}$/)
const keysOf = (market: string): fc.Arbitrary<AppKeys> =>
  fc.record(Object.fromEntries((KEYS[market] ?? []).map(name => [name, word.map(text => new Secret(text))])))

const app: fc.Arbitrary<App> = marketplace
  .chain(market =>
    fc.record({
      market: fc.constant(market),
      name: fc.stringMatching(/^[a-z0-9]{1,12}$/),
      environment,
      isPublic: fc.boolean(),
      secretIssuedAt: orNull(date),
      keys: keysOf(market),
      previous: orNull(fc.record({ keys: keysOf(market), endsAt: date })),
    }),
  )
  .map(({ market, previous, keys, ...rest }) => ({
    header: { ...rest, marketplace: market, previousEndsAt: previous?.endsAt ?? null },
    keys,
    previous: previous?.keys ?? null,
  }))

const tokenOf = ({ secrets }: TokenSet) => (secrets.refreshToken ?? secrets.pending)?.reveal()
const records = fc.record({
  accounts: fc
    .uniqueArray(account, { selector: each => each.header.account, minLength: 1, maxLength: 4 })
    // One token under two names is refused, and rightly.
    .filter(all => new Set(all.map(each => tokenOf(each) ?? each.header.account)).size === all.length),
  apps: fc.uniqueArray(app, {
    selector: each => `${each.header.marketplace}:${each.header.name}`,
    maxLength: 2,
  }),
})

/** A secret as its text, so that two of them can be compared; nothing else changes. */
function plain(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

/** What `export` leaves behind: where tokens are handed on to, and how this machine's last tries went. */
const LEFT = { delivery: null, lastAttempt: null, failing: null }

async function stored({ vault }: TestWorld): Promise<unknown> {
  const { accounts, apps } = await vault.listing()
  const all = []
  for (const { account } of accounts) {
    const { marketplace, name = '' } = parseAccount(account)
    const found = await vault.account({ marketplace, name })
    // The digest of the token is made with a key of the store's own, and a revision counts that store's writes.
    const { fingerprint: _, ...kept } = found?.header ?? expect.unreachable()
    all.push(plain({ header: { ...kept, ...LEFT }, secrets: { ...found?.secrets, delivery: null } }))
  }
  for (const { marketplace, name } of apps) {
    const { revision: _, ...kept } = (await vault.app(marketplace, name)) ?? expect.unreachable()
    all.push(plain(kept))
  }
  return all
}

async function sealedFrom(
  { accounts, apps }: { accounts: readonly TokenSet[]; apps: readonly App[] },
  key: AgeKey,
) {
  const from = await testWorld({ accounts })
  for (const each of apps) await from.vault.saveApp(each, null)
  expect(await exportRun({ accounts: [], to: [key.recipient] }, from)).toBe(0)
  return from
}

describe('any records', () => {
  test('come back the same from a sealed file, and a second time there is nothing to do', async () => {
    const home = makeHome()
    const key = await ageKey(home.path)
    try {
      await fc.assert(
        fc.asyncProperty(records, async all => {
          const from = await sealedFrom(all, key)
          const sealed = from.terminal.shown.out
          const to = await testWorld({ stdin: sealed })
          expect(await importRun({ identity: key.path, json: true }, to)).toBe(0)
          expect(await stored(to)).toEqual(await stored(from))
          const changes = () =>
            JSON.parse(to.terminal.shown.out).results.map(({ change }: { change: string }) => change)
          expect(new Set(changes())).toEqual(new Set(['added']))
          to.terminal.shown.out = ''
          expect(await importRun({ identity: key.path, json: true }, to)).toBe(0)
          expect(new Set(changes())).toEqual(new Set(['same']))
        }),
        { numRuns: 150 },
      )
    } finally {
      home.remove()
    }
  }, 60_000)

  test('stand in no output and in no sealed file', async () => {
    const home = makeHome()
    const key = await ageKey(home.path)
    const canary = new Secret('v^1.1#canary-canary-canary')
    const accounts = [
      {
        header: header({ pendingAt: NOW }),
        secrets: {
          refreshToken: canary,
          pending: canary,
          previous: null,
          accessToken: canary,
          delivery: null,
        },
      },
    ]
    const { terminal } = await sealedFrom({ accounts, apps: [] }, key)
    const { out, err } = terminal.shown
    expect(out).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]*\n-----END AGE ENCRYPTED FILE-----\n$/)
    const unarmoured = Buffer.from(out.replace(/^-.*$/gm, ''), 'base64').toString('latin1')
    expect(out + err + unarmoured).not.toContain('canary')
    home.remove()
  })
})
