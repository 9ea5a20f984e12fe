/** Commands over some of the accounts: what `--within`, `--state` and `--tag` leave, and what is said where they leave none. */
import { describe, expect, test } from 'vitest'
import { accountsListRun } from '../../../src/cli/commands/accounts.ts'
import { type DeliverOptions, deliverRun } from '../../../src/cli/commands/deliver.ts'
import { type RenewOptions, renewRun } from '../../../src/cli/commands/renew.ts'
import { type StatusOptions, statusRun } from '../../../src/cli/commands/status.ts'
import { renewPlanSchema } from '../../../src/cli/shapes/renew-plan-shape.ts'
import { renewSchema } from '../../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../../src/cli/shapes/status-shape.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

const secrets = (name: string) => ({ refreshToken: new Secret(`v^1.1#${name}`) })
const fine = tokenSet(
  { account: 'ebay:fine', consentAt: NOW - DAY, tags: { client: 'acme' } },
  secrets('fine'),
)
const due = tokenSet(
  { account: 'ebay:due', consentAt: NOW - 100 * DAY, tags: { client: 'acme' } },
  secrets('due'),
)
const other = tokenSet({ account: 'ebay:other', consentAt: NOW - 100 * DAY }, secrets('other'))

const reply = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ access_token: 'v^1.1#a', expires_in: 7200, token_type: 'User Access Token' }),
}

interface Scene extends TestWorld {
  /** The tokens that the marketplace was asked with. */
  readonly sent: readonly string[]
}

async function scene(options: TestWorldOptions = {}): Promise<Scene> {
  const sent: string[] = []
  const world = await testWorld({
    accounts: [fine, due, other],
    http: async ({ body }) => {
      sent.push(/(fine|due|other)/.exec(body)?.[0] ?? '?')
      return reply
    },
    env: {},
    ...options,
  })
  const keys = { clientId: new Secret('id'), clientSecret: new Secret('s') }
  const header = { marketplace: 'ebay', name: 'default', environment: 'production' } as const
  const rest = { secretIssuedAt: null, isPublic: true, previousEndsAt: null }
  await world.vault.saveApp({ header: { ...header, ...rest }, keys, previous: null }, null)
  return new Proxy(world, { get: (at, key) => (key === 'sent' ? sent : at[key as keyof TestWorld]) }) as Scene
}

const renew = (at: Scene, more: Partial<RenewOptions>) =>
  renewRun({ accounts: [], concurrency: '1', ...more }, at)
const deliver = (at: Scene, more: Partial<DeliverOptions>) => deliverRun({ accounts: [], ...more }, at)

describe('renew', () => {
  test.each<[what: string, Partial<RenewOptions>, sent: string[]]>([
    ['what has a tag is asked, due or not, as if it were named', { tag: ['client=acme'] }, ['due', 'fine']],
    ['what is due of it', { due: true, tag: ['client=acme'] }, ['due']],
    ['what is in a state', { state: 'due' }, ['due', 'other']],
    ['what falls into a time', { within: '30d' }, ['due', 'other']],
    ['of what is named', { accounts: ['ebay:fine', 'ebay:due'], state: 'due' }, ['due']],
    ['of all', { all: true, tag: ['client=acme'] }, ['due', 'fine']],
  ])('%s', async (_, options, sent) => {
    const at = await scene()
    expect(await renew(at, options)).toBe(0)
    expect(at.sent.toSorted()).toEqual(sent)
  })

  test.each<[what: string, Partial<RenewOptions>, exit: number | 'ACCOUNT_UNKNOWN']>([
    ['a tag that none has is a mistake', { tag: ['client=acmee'] }, 'ACCOUNT_UNKNOWN'],
    ['of what is due as well', { due: true, tag: ['client=acmee'] }, 'ACCOUNT_UNKNOWN'],
    ['and of all', { all: true, tag: ['client=acmee'] }, 'ACCOUNT_UNKNOWN'],
    ['what is due of a tag can be nothing', { due: true, tag: ['client=acme'], state: 'expired' }, 0],
    ['a state that none is in is none', { state: 'expired' }, 0],
    ['nor a time', { accounts: ['ebay:fine'], within: '1d' }, 0],
  ])('nothing matches: %s', async (_, options, exit) => {
    const at = await scene()
    if (typeof exit === 'string') await expect(renew(at, options)).rejects.toMatchObject({ code: exit })
    else {
      expect(await renew(at, options)).toBe(exit)
      expect(at.terminal.shown).toEqual({ out: '', err: 'Nothing matches.\n' })
    }
    expect(at.sent).toEqual([])
  })

  test('nothing matches, as JSON: the empty report', async () => {
    const at = await scene()
    expect(await renew(at, { state: 'expired', json: true })).toBe(0)
    expect(renewSchema.parse(JSON.parse(at.terminal.shown.out)).results).toEqual([])
    const dry = await scene()
    expect(await renew(dry, { state: 'expired', json: true, dryRun: true })).toBe(0)
    expect(renewPlanSchema.parse(JSON.parse(dry.terminal.shown.out)).planned).toEqual([])
  })

  test('a dry run says the same', async () => {
    const at = await scene()
    expect(await renew(at, { tag: ['client=acme'], state: 'due', dryRun: true, json: true })).toBe(0)
    const { planned } = renewPlanSchema.parse(JSON.parse(at.terminal.shown.out))
    expect(planned.map(({ account }) => account)).toEqual(['ebay:due'])
    expect(at.sent).toEqual([])
  })

  test.each<[Partial<RenewOptions>]>([[{ tag: ['acme'] }], [{ state: 'dead' }], [{ within: '30' }]])(
    '%j is refused, and nobody is asked',
    async options => {
      const at = await scene()
      await expect(renew(at, options)).rejects.toMatchObject({ code: 'USAGE' })
      expect(at.sent).toEqual([])
    },
  )
})

describe('status', () => {
  const status = async (options: Partial<StatusOptions>, given: TestWorldOptions = {}) => {
    const at = await scene(given)
    const exit = await statusRun({ accounts: [], ...options }, at)
    return { at, exit, ...at.terminal.shown }
  }
  const names = (out: string) => statusSchema.parse(JSON.parse(out)).accounts.map(({ account }) => account)

  test('shows what is left, in the order that was asked for', async () => {
    const { out } = await status({ tag: ['client=acme'], json: true })
    expect(names(out)).toEqual(['ebay:due', 'ebay:fine'])
    expect(names((await status({ sort: 'account', state: 'ok,due', json: true })).out)).toEqual([
      'ebay:due',
      'ebay:fine',
      'ebay:other',
    ])
  })

  test('what is not connected is no part of it', async () => {
    const { out } = await status({ tag: ['client=acme'], json: true })
    expect(statusSchema.parse(JSON.parse(out)).notConnected).toEqual([])
    expect((await status({ tag: ['client=acme'] })).out).not.toContain('not connected')
    expect((await status({ sort: 'ends' })).out).toContain('not connected')
  })

  test.each(['table', 'plain', 'timeline'] as const)('as %s, says where nothing matches', async format => {
    const { err, exit } = await status({ tag: ['client=acmee'], format })
    expect(err).toContain('Nothing matches.\n')
    expect(exit).toBe(0)
  })

  test('a check fails where a tag watches nobody, and not where a state has none', async () => {
    expect((await status({ tag: ['client=acmee'], check: true })).exit).toBe(3)
    expect((await status({ state: 'expired', check: true })).exit).toBe(0)
    expect(await status({ tag: ['client=acmee'], format: 'nagios' })).toMatchObject({
      exit: 3,
      out: expect.stringMatching(/^TOKENCTL UNKNOWN - no account matches/),
    })
    expect((await status({ state: 'expired', format: 'nagios' })).exit).toBe(0)
  })

  test('a probe asks only those, and shows them as they are then', async () => {
    const { at, out } = await status({ state: 'due', tag: ['client=acme'], probe: true, json: true })
    expect(at.sent).toEqual(['due'])
    const [row, ...rest] = statusSchema.parse(JSON.parse(out)).accounts
    expect([row?.account, row?.state, rest]).toEqual(['ebay:due', 'ok', []])
  })

  test('a probe of nobody asks nobody', async () => {
    expect((await status({ state: 'expired', probe: true })).at.sent).toEqual([])
  })
})

describe('accounts list and deliver', () => {
  test('the list', async () => {
    const at = await scene()
    expect(await accountsListRun({ tag: ['client=acme'] }, at)).toBe(0)
    expect(at.terminal.shown.out).toBe('ebay:due  client=acme\nebay:fine  client=acme\n')
    const none = await scene()
    expect(await accountsListRun({ state: 'expired' }, none)).toBe(0)
    expect(none.terminal.shown).toEqual({ out: '', err: 'Nothing matches.\n' })
  })

  test('deliver counts as having been told whom', async () => {
    const at = await scene()
    await expect(deliver(at, { tag: ['client=acmee'] })).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    const all = deliver(at, { all: true, tag: ['client=acmee'] })
    await expect(all).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
    expect(await deliver(at, { tag: ['client=acme'] })).toBe(0)
    expect(at.terminal.shown.err).toBe(
      'No account hands its tokens on. How it is set up: `tokenctl accounts deliver-to --help`.\n',
    )
  })
})
