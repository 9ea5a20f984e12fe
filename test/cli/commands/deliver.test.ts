/** `deliver`: which accounts, what is said, and the exit status; and what becomes of deliveries after a renewal. */
import { describe, expect, it } from 'vitest'
import { type DeliverOptions, deliverRun } from '../../../src/cli/commands/deliver.ts'
import { statusRun } from '../../../src/cli/commands/status.ts'
import { deliverRenewed } from '../../../src/cli/delivery/deliver-renewed.ts'
import { deliverSchema } from '../../../src/cli/shapes/deliver-shape.ts'
import { statusSchema } from '../../../src/cli/shapes/status-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpRequest } from '../../../src/platform/http.ts'
import type { Programs } from '../../../src/platform/run-program.ts'
import type { Delivery } from '../../../src/tokens/delivery.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import type { AccountHeader, TokenSet } from '../../../src/tokens/token-set.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorldOptions, testWorld } from '../../support/world.ts'

const WAY = { url: new Secret('https://hooks.example.com/CANARY'), key: new Secret('a2V5') }

function account(
  name: string,
  set: Partial<Delivery> | null = {},
  given: Partial<AccountHeader> = {},
): TokenSet {
  return tokenSet(
    {
      account: name,
      consentAt: NOW - DAY,
      renewedAt: NOW - DAY,
      acceptedAt: NOW - HOUR,
      accessExpiresAt: NOW + 20 * HOUR,
      generation: 3,
      delivery: set && delivery(set),
      ...given,
    },
    { accessToken: new Secret(`access-of-${name}`), delivery: set && WAY },
  )
}

const MAIN = account('ebay:main')
const THERE = account('ebay:there', { deliveredGeneration: 3, deliveredAt: NOW - HOUR })
const PLAIN = account('ebay:plain', null)
const REFUSED = account('amazon:main', {
  failing: { code: 'DELIVERY_FAILED', count: 1, since: NOW - DAY, lastAt: NOW - DAY, notBefore: null },
})

/** A receiver that answers this status, by the account in the document. */
const answering =
  (status: number | ((account: string) => number), seen: HttpRequest[] = []) =>
  async (request: HttpRequest) => {
    seen.push(request)
    const { account } = JSON.parse(request.body) as { account: string }
    return { status: typeof status === 'number' ? status : status(account), headers: {}, body: 'CANARY' }
  }

async function run(given: Partial<DeliverOptions>, more: TestWorldOptions = {}) {
  const world = await testWorld({ accounts: [MAIN, THERE, PLAIN, REFUSED], http: answering(200), ...more })
  const status = await deliverRun({ accounts: [], ...given }, world)
  const { out, err } = world.terminal.shown
  expect(out + err).not.toMatch(/CANARY|access-of/)
  return { world, status, out, err }
}

describe('deliver', () => {
  it('hands over what has not arrived', async () => {
    const seen: HttpRequest[] = []
    const { status, out, err } = await run({ accounts: ['ebay:main'] }, { http: answering(200, seen) })
    expect({ status, out, err }).toEqual({
      status: 0,
      out: 'ebay:main: Delivered to hooks.example.com.\n',
      err: '',
    })
    expect(seen.map(({ url }) => url)).toEqual(['https://hooks.example.com/CANARY'])
    expect(seen[0]?.body).toContain('access-of-ebay:main')
  })

  it('says of the others that they are there; those that hand nothing on are left out', async () => {
    const { status, out } = await run({ accounts: ['ebay'] })
    expect(status).toBe(0)
    // Each is said as it is done.
    expect(out.trimEnd().split('\n').sort()).toEqual([
      'ebay:main: Delivered to hooks.example.com.',
      expect.stringMatching(
        /^ebay:there: Nothing to deliver: hooks\.example\.com took its newest tokens 2026-11-22 \d\d:\d\d\.$/,
      ),
    ])
  })

  it('tries what was refused before, since a person says so', async () => {
    expect(await run({ all: true })).toMatchObject({
      status: 0,
      out: expect.stringContaining('amazon:main: Delivered'),
    })
  })

  it('--again hands over what is there already', async () => {
    const { out } = await run({ accounts: ['ebay:there'], again: true })
    expect(out).toBe('ebay:there: Delivered to hooks.example.com.\n')
  })

  it.each<[status: number, code: string, exit: number]>([
    [503, 'DELIVERY_PENDING', 4],
    [403, 'DELIVERY_FAILED', 3],
  ])('a receiver that answers %i: %s, exit %i, with its mend', async (answer, code, exit) => {
    const { status, out } = await run({ accounts: ['ebay:main'] }, { http: answering(answer) })
    expect(status).toBe(exit)
    expect(out).toMatch(
      /^ebay:main: hooks\.example\.com answered \d+\.\n {2}Fix: .+`tokenctl deliver ebay:main`.*\n$/,
    )
    const { status: same, out: json } = await run(
      { accounts: ['ebay:main'], json: true },
      { http: answering(answer) },
    )
    expect(same).toBe(exit)
    expect(deliverSchema.parse(JSON.parse(json)).results).toMatchObject([{ outcome: 'failed', code }])
  })

  it('a mend names the account, and when a run tries again: the next, or none before the pause is over', async () => {
    const failing = (count: number) => ({
      code: 'DELIVERY_PENDING',
      count,
      since: NOW - DAY,
      lastAt: NOW - DAY,
      notBefore: null,
    })
    const fixOf = async (count: number, headers = {}) => {
      const accounts = [account('ebay:main', { failing: failing(count) })]
      const http: TestWorldOptions['http'] = async () => ({ status: 503, headers, body: '' })
      return (await run({ accounts: ['ebay:main'] }, { accounts, http })).out.split('\n')[1]
    }
    const now = '`tokenctl deliver ebay:main` tries it now.'
    expect(await fixOf(1)).toBe(`  Fix: The next run tries again; ${now}`)
    expect(await fixOf(3)).toBe(`  Fix: The next run tries again; ${now}`)
    const later = /^ {2}Fix: No run tries again before (2026-11-22 \d\d:\d\d); (.*)$/
    const [, pause = '', rest] = later.exec((await fixOf(4)) ?? '') ?? []
    expect(rest).toBe(now)
    expect(Date.parse(`${pause.replace(' ', 'T')}:00`) - NOW).toBeGreaterThan(45 * MINUTE)
    const [, asked = ''] = later.exec((await fixOf(1, { 'retry-after': '7200' })) ?? '') ?? []
    expect(Date.parse(`${asked.replace(' ', 'T')}:00`) - NOW).toBe(2 * HOUR)
  })

  it('the gravest counts', async () => {
    const http = answering(name => (name === 'amazon:main' ? 403 : 503))
    expect((await run({ all: true }, { http })).status).toBe(3)
  })

  it('--json: each account, and the sums', async () => {
    const { out, err } = await run({ all: true, json: true })
    expect(err).toBe('')
    const report = deliverSchema.parse(JSON.parse(out))
    expect(report.summary).toEqual({ delivered: 2, already: 1, waiting: 0, failed: 0 })
    expect(report.results.map(({ account, outcome }) => `${account} ${outcome}`)).toEqual([
      'amazon:main delivered',
      'ebay:main delivered',
      'ebay:there already',
    ])
    expect(report.results[1]).toMatchObject({
      code: null,
      target: 'hooks.example.com',
      generation: 3,
      deliveredAt: '2026-11-22T10:00:00Z',
    })
  })

  it('a token that has run out is not handed over, and what brings one is said', async () => {
    const accounts = [account('ebay:main', {}, { accessExpiresAt: NOW - 1 })]
    const { status, out } = await run({ accounts: ['ebay:main'] }, { accounts })
    expect(status).toBe(4)
    expect(out).toContain('ebay:main: Not delivered: its access token has run out.\n')
    expect(out).toContain('`tokenctl renew ebay:main`')
  })

  it('alone, it asks which; those that have not arrived are ticked', async () => {
    const { world, out } = await run({}, { answers: [['ebay:there', 'ebay:main']] })
    expect(world.asked).toEqual(['Which accounts shall be delivered?'])
    expect(out.split('\n')).toHaveLength(3)
  })

  it('nothing that hands anything on is no failure of --all', async () => {
    expect(await run({ all: true }, { accounts: [PLAIN] })).toMatchObject({
      status: 0,
      out: '',
      err: expect.stringContaining('tokenctl accounts deliver-to'),
    })
  })

  it.each<[what: string, given: Partial<DeliverOptions>, code: string]>([
    ['alone, with nobody there', {}, 'ANSWER_MISSING'],
    ['--all and a name', { all: true, accounts: ['ebay'] }, 'USAGE'],
    ['an account that hands nothing on', { accounts: ['ebay:plain'] }, 'USAGE'],
    ['an account that is not there', { accounts: ['ebay:mian'] }, 'ACCOUNT_UNKNOWN'],
    ['a marketplace that is not connected', { accounts: ['aliexpress'] }, 'NOT_LOGGED_IN'],
    ['no marketplace', { accounts: ['shopify'] }, 'MARKETPLACE_UNKNOWN'],
  ])('%s: %s', async (_, given, code) => {
    await expect(run(given)).rejects.toMatchObject({ code })
  })
})

describe('after a renewal', () => {
  async function renewed(accounts: readonly TokenSet[], more: TestWorldOptions = {}, says = true) {
    const world = await testWorld({ accounts, http: answering(200), ...more })
    const { accounts: headers } = await world.vault.listing()
    await deliverRenewed({ headers, says }, world)
    expect(JSON.stringify(world.terminal.shown)).not.toMatch(/CANARY|access-of/)
    return world
  }

  it('what waits is handed over and said', async () => {
    const world = await renewed([MAIN, THERE, PLAIN])
    expect(world.terminal.shown).toEqual({ out: 'ebay:main: Delivered to hooks.example.com.\n', err: '' })
  })

  it('silent for programs', async () => {
    expect((await renewed([MAIN], {}, false)).terminal.shown).toEqual({ out: '', err: '' })
  })

  it('nothing is loaded or touched where nothing is handed on', async () => {
    const world = await testWorld({ accounts: [PLAIN] })
    const { accounts: headers } = await world.vault.listing()
    const untouchable = new Proxy({}, { get: () => expect.unreachable('the world is touched') })
    await deliverRenewed({ headers, says: true }, untouchable as typeof world)
  })

  it('a failure is a note on standard error, and thrown by nothing', async () => {
    const world = await renewed([MAIN], { http: answering(503) })
    expect(world.terminal.shown.out).toBe('')
    expect(world.terminal.shown.err).toMatch(
      /^Note: ebay:main: not delivered\. hooks\.example\.com answered 503\. .*\n$/,
    )
  })

  it('nor is a fault of ours, or what the network throws', async () => {
    for (const error of [new TypeError('CANARY'), new TokenctlError('SETTINGS_INVALID', 'No proxy.')]) {
      const world = await renewed([MAIN], { http: () => Promise.reject(error) })
      expect(world.terminal.shown.err).toMatch(/^Note: ebay:main: not delivered\. /)
    }
  })

  it('what was refused before is not tried, and said each time', async () => {
    const world = await renewed([REFUSED], { http: () => expect.unreachable('it is tried') })
    expect(world.terminal.shown.err).toBe(
      'Note: amazon:main: not delivered: hooks.example.com refused it. When that is mended: tokenctl deliver amazon:main\n',
    )
  })

  it.each<[what: string, problem: string | undefined, says: string]>([
    [
      'a program that tokenctl would not run now',
      'There is no program /good/store.',
      '. There is no program /good/store.',
    ],
    ['one that it would', undefined, ': /good/store refused it, or could not be run.'],
  ])('of %s it says what is known', async (_, problem, says) => {
    const how = { how: 'command', target: '/good/store' } as const
    const failing = { code: 'DELIVERY_FAILED', count: 1, since: NOW, lastAt: NOW, notBefore: null }
    const programs = { problem: () => problem, run: () => expect.unreachable('it is tried') }
    const world = await renewed([account('amazon:main', { ...how, failing })], { programs })
    expect(world.terminal.shown.err).toBe(
      `Note: amazon:main: not delivered${says} When that is mended: tokenctl deliver amazon:main\n`,
    )
  })

  it('a program that tokenctl does not run: why, and what to type', async () => {
    const how = { how: 'command', target: '/good/store' } as const
    const set = account('ebay:main', how)
    const secrets = { ...set.secrets, delivery: { command: ['/good/store'] } }
    const reason = 'There is no program /good/store.'
    const programs: Programs = {
      problem: () => reason,
      run: async () => ({ how: 'refused', reason, output: '' }),
    }
    const world = await renewed([{ ...set, secrets }], { programs, env: {} })
    expect(world.terminal.shown.err).toBe(
      'Note: ebay:main: not delivered. There is no program /good/store. Mend the program, then `tokenctl deliver ebay:main`. To hand on to another: `tokenctl accounts deliver-to --help`.\n',
    )
  })

  it('nothing is begun after the person stopped the run', async () => {
    const signal = AbortSignal.abort()
    await renewed([MAIN], { signal, http: () => expect.unreachable('it is tried') })
  })
})

describe('status', () => {
  it.each<[what: string, of: TokenSet, state: string | null, exit: number]>([
    ['there', THERE, 'delivered', 0],
    ['not there yet', MAIN, 'pending', 4],
    ['refused', REFUSED, 'failed', 3],
    ['nowhere', PLAIN, null, 0],
  ])('%s: %s', async (_, of, state, exit) => {
    // AliExpress' end is reported and far; what is checked here is the delivery alone.
    const quiet = { ...of, header: { ...of.header, endsAt: NOW + 300 * DAY } }
    const world = await testWorld({ accounts: [quiet] })
    expect(await statusRun({ accounts: [], json: true, check: true }, world)).toBe(exit)
    const [row] = statusSchema.parse(JSON.parse(world.terminal.shown.out)).accounts
    expect(row?.delivery?.state ?? null).toBe(state)
    expect(JSON.stringify(row)).not.toMatch(/CANARY|access-of/)
  })

  it('a column where anything is handed on, and a line on what is late', async () => {
    const world = await testWorld({ accounts: [MAIN, THERE, PLAIN, REFUSED] })
    await statusRun({ accounts: [] }, world)
    const { out } = world.terminal.shown
    expect(out.split('\n')[0]).toMatch(/Next +Delivery$/)
    expect(out).toMatch(/main .* pending$/m)
    expect(out).toMatch(/there .* delivered$/m)
    expect(out).toMatch(/plain .* -$/m)
    expect(out).toContain(
      'ebay:main: delivery pending; the next run hands it to hooks.example.com, or now: tokenctl deliver ebay:main\n',
    )
    expect(out).toMatch(
      /amazon:main: delivery failed: hooks\.example\.com refused it 2026-11-2\d .*: tokenctl deliver amazon:main\n/,
    )
  })

  it('no column where nothing is; of --plain always', async () => {
    const world = await testWorld({ accounts: [PLAIN] })
    await statusRun({ accounts: [] }, world)
    expect(world.terminal.shown.out).not.toContain('Delivery')
    const plain = await testWorld({ accounts: [PLAIN, MAIN] })
    await statusRun({ accounts: [], plain: true }, plain)
    const rows = plain.terminal.shown.out.trimEnd().split('\n')
    expect(rows.map(row => row.split('\t').at(-1))).toEqual(['Delivery', 'pending', '-'])
  })

  it('when a delivery that failed is tried again', async () => {
    const failing = { code: 'DELIVERY_PENDING', count: 6, since: NOW - DAY, lastAt: NOW, notBefore: null }
    const world = await testWorld({ accounts: [account('ebay:main', { failing })] })
    await statusRun({ accounts: [], json: true }, world)
    const [row] = statusSchema.parse(JSON.parse(world.terminal.shown.out)).accounts
    expect(row?.delivery).toMatchObject({
      failing: { code: 'DELIVERY_PENDING', count: 6, since: '2026-11-21T10:00:00Z' },
      // Two hours less this delivery's own slack of a tenth to a fifth.
      triesAgainAt: expect.stringMatching(/^2026-11-22T11:(3[6-9]|4[0-8])/),
    })
    const table = await testWorld({ accounts: [account('ebay:main', { failing })] })
    await statusRun({ accounts: [] }, table)
    expect(table.terminal.shown.out).toMatch(
      /delivery pending: hooks\.example\.com failed 6 times since .*; tried again after .*, or now: tokenctl deliver ebay:main\n/,
    )
  })
})
