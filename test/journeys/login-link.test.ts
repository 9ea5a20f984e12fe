/**
 * `login --link` and `--resume`: the address goes to a client, the answer comes back later and into another run. Which link
 * an answer belongs to, how often it is good, what a killed run leaves; and that none of it can be read on the disk.
 */
import { readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accountResultSchema } from '../../src/cli/shapes/account-shape.ts'
import { loginLinkSchema, loginSchema } from '../../src/cli/shapes/login-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { Browser } from '../simulator/browser.ts'
import {
  acting,
  answerOf,
  type Consenting,
  consenting,
  enterKeys,
  exchanges,
  flat,
  pasteLine,
} from '../support/consenting.ts'
import { entries } from '../support/folder-print.ts'
import { journals } from '../support/left-journal.ts'
import { endpoints, writeSettings } from '../support/simulator.ts'
import { tmuxMissing } from '../support/tmux.ts'
import { ended, type Run, startTokenctl } from '../support/tokenctl.ts'

const noTerminal = tmuxMissing()
const MARKETPLACES = ['ebay', 'amazon', 'aliexpress'] as const

/** Makes a link, and gives its address. */
async function linkOf(world: Consenting, account = world.main, more = world.more): Promise<string> {
  const run = await world.run(['login', account, ...more, '--link'])
  expect(run).toMatchObject({ status: 0 })
  expect(run.stdout).toMatch(/^https?:\/\/\S+\n$/)
  return run.stdout.trim()
}

const resume = (world: Pick<Consenting, 'run'>, input: string, ...words: readonly string[]): Promise<Run> =>
  world.run(['login', ...words, '--resume', '--stdin'], { input })

const partOf = (address: string, name: string) => new URL(address).searchParams.get(name) ?? ''

/** The files of a home that hold a text, in whatever encoding a secret might slip through. */
function filesWith(home: string, secret: string): readonly string[] {
  const forms = [
    secret,
    encodeURIComponent(secret),
    ...['base64', 'base64url', 'hex'].map(how =>
      Buffer.from(secret)
        .toString(how as 'hex')
        .slice(0, 24),
    ),
  ]
  return entries(home).filter(
    path => statSync(path).isFile() && forms.some(form => readFileSync(path, 'latin1').includes(form)),
  )
}

describe('from the link to the shop', () => {
  test.each(MARKETPLACES)('%s: by standard input, nothing of it in the clear', async marketplace => {
    const world = await consenting(marketplace)
    const address = await linkOf(world)
    const state = partOf(address, 'state')
    expect(state).toMatch(/^[\w-]{43}$/)
    expect(filesWith(world.home, state)).toEqual([])
    const answer = await answerOf(address, world.sellers.main)
    const code = partOf(answer, 'code') || partOf(answer, 'spapi_oauth_code')
    const run = await resume(world, `${answer}\n`, world.main)
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toContain(`${world.main} is connected by a new consent. Its seller is `)
    for (const secret of [state, code]) {
      expect(run.stdout).not.toContain(secret)
      expect(filesWith(world.home, secret)).toEqual([])
    }
    expect(await world.row()).toMatchObject({ account: world.main, state: 'ok' })
  })

  test('an answer is good once', async () => {
    const world = await consenting('ebay')
    const answer = await answerOf(await linkOf(world), world.sellers.main)
    expect(await resume(world, answer, world.main)).toMatchObject({ status: 0 })
    const again = await resume(world, answer, world.main)
    expect(again).toMatchObject({ status: 2, stdout: '' })
    expect(again.stderr).toMatch(
      /^Error: No link is waiting for an answer for ebay:main\. \[USAGE\]\nFix: `tokenctl login ebay:main --link` makes one; it is good for 7 days, and for one answer\.\n$/,
    )
    expect(exchanges(world)).toHaveLength(1)
  })

  test('a newer link ends the one before it', async () => {
    const world = await consenting('ebay')
    const old = await answerOf(await linkOf(world), world.sellers.main)
    const address = await linkOf(world)
    const refused = await resume(world, old, world.main)
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(
      /This is no answer to the link of ebay:main\. Nothing was changed\..*\nFix: An earlier link ends/,
    )
    expect(exchanges(world)).toEqual([])
    expect(await resume(world, await answerOf(address, world.sellers.main), 'ebay', 'main')).toMatchObject({
      status: 0,
    })
  })

  test('a seller who declines leaves the link as it is', async () => {
    const world = await consenting('aliexpress')
    const address = await linkOf(world)
    const declined = await resume(world, await answerOf(address, world.sellers.main, 'decline'), world.main)
    expect(declined.status).toBe(3)
    expect(declined.stderr).toMatch(
      /did not agree .*\[CONSENT_DENIED\]\nFix: The link stays good until \d{4}-\d\d-\d\d: the seller can open it again, and agree\./,
    )
    expect(await resume(world, await answerOf(address, world.sellers.main), world.main)).toMatchObject({
      status: 0,
    })
  })

  test('the wrong client is refused; --replace-seller of the link is remembered', async () => {
    const world = await consenting('aliexpress')
    expect(await resume(world, await answerOf(await linkOf(world), world.sellers.main))).toMatchObject({
      status: 0,
    })
    const wrong = await resume(world, await answerOf(await linkOf(world), world.sellers.outlet))
    expect(wrong.status).toBe(3)
    expect(wrong.stderr).toMatch(
      /belongs to the seller \d+, and it was \d+ who consented\. Nothing was stored\. \[SELLER_MISMATCH\]/,
    )
    const seller = (await world.row())?.['seller']
    const address = await linkOf(world, world.main, ['--replace-seller'])
    expect(await resume(world, await answerOf(address, world.sellers.outlet))).toMatchObject({ status: 0 })
    expect((await world.row())?.['seller']).not.toBe(seller)
  })

  test('a link of one environment is not answered in another', async () => {
    const world = await consenting('ebay')
    const answer = await answerOf(await linkOf(world), world.sellers.main)
    writeSettings(world.home, { store: 'file' })
    expect((await resume(world, answer, world.main)).stderr).toMatch(/\[ENVIRONMENT_MISMATCH\]/)
    writeSettings(world.home, { store: 'file', ...endpoints(world.simulator.origin) })
    expect(await resume(world, answer, world.main)).toMatchObject({ status: 0 })
  })
})

describe('two links at once', () => {
  test('of two marketplaces: the answer tells which, in any order', async () => {
    const [ebay, other] = [await consenting('ebay'), await consenting('aliexpress')]
    const { home } = ebay
    const both = { 'endpoint.ebay': ebay.simulator.origin, 'endpoint.aliexpress': other.simulator.origin }
    writeSettings(home, { store: 'file', ...both })
    await enterKeys(home, 'aliexpress', other.keys)
    const aliexpress = { ...other, home, ...acting(home) }
    const [first, second] = [await linkOf(ebay), await linkOf(aliexpress)]
    const vague = await resume(ebay, partOf(await answerOf(first, ebay.sellers.main), 'code'))
    expect(vague.status).toBe(2)
    expect(vague.stderr).toMatch(/does not say (that|which link) it answers/)
    const answer = await answerOf(second, other.sellers.main)
    const wrong = await resume(ebay, answer, 'ebay')
    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('This is no answer to the link of ebay:main.')
    expect((await resume(ebay, answer)).stdout).toContain('aliexpress:main is connected')
    expect((await resume(ebay, await answerOf(first, ebay.sellers.main))).stdout).toContain(
      'ebay:main is connected',
    )
  })

  test('of two shops at eBay: each answer goes to its own', async () => {
    const world = await consenting('ebay')
    const [main, outlet] = [await linkOf(world), await linkOf(world, 'ebay:outlet')]
    const answer = await answerOf(main, world.sellers.main)
    expect((await resume(world, partOf(answer, 'code'), 'ebay')).status).toBe(2)
    expect((await resume(world, answer, 'ebay:outlet')).status).toBe(2)
    expect((await resume(world, await answerOf(outlet, world.sellers.outlet), 'ebay')).stdout).toContain(
      'ebay:outlet is connected',
    )
    expect((await resume(world, answer, 'ebay')).stdout).toContain('ebay:main is connected')
    expect(await world.row('ebay:outlet')).toMatchObject({ seller: expect.stringMatching(/^ebay-outlet /) })
    expect(await world.row('ebay:main')).toMatchObject({ seller: expect.stringMatching(/^ebay-main /) })
  })
})

describe('Amazon', () => {
  test('a code alone names no seller: refused before anything is sent, and the link stays', async () => {
    const world = await consenting('amazon')
    const answer = await answerOf(await linkOf(world), world.sellers.main)
    const bare = await resume(world, partOf(answer, 'spapi_oauth_code'), world.main)
    expect(bare.status).toBe(2)
    expect(bare.stderr).toMatch(/does not say (whose shop it is|that it answers)/)
    expect(exchanges(world)).toEqual([])
    expect(await resume(world, answer, world.main)).toMatchObject({ status: 0 })
  })

  test('a consent that stops at the app’s own log-in page goes on by a second address', async () => {
    const world = await consenting('amazon', { app: { loginUri: 'https://shop.example/amazon/log-in' } })
    const stopped = await answerOf(await linkOf(world), world.sellers.main)
    expect(stopped).toMatch(/^https:\/\/shop\.example\/amazon\/log-in\?amazon_callback_uri=/)
    const onward = await resume(world, stopped, world.main)
    expect(onward).toMatchObject({ status: 0 })
    expect(onward.stderr).toMatch(
      /^Amazon stopped half-way, at the app's own log-in page\.\nSend this address to the seller of amazon:main; it is good until/,
    )
    const asJson = await world.run(['login', world.main, '--resume', '--stdin', '--json'], { input: stopped })
    expect(loginLinkSchema.parse(JSON.parse(asJson.stdout)).address).toBe(onward.stdout.trim())
    const { location } = await new Browser().open(onward.stdout.trim())
    expect(await resume(world, location?.href ?? '', world.main)).toMatchObject({ status: 0 })
    expect(await world.row()).toMatchObject({ account: 'amazon:main', state: 'ok' })
  })
})

describe('a run that is cut off', () => {
  const identityCalls = ({ simulator }: Consenting) =>
    simulator.requests().filter(({ path }) => path.startsWith('/commerce/identity')).length

  /** A `--resume` whose answer is on the disk, and that is asking whose shop it is. */
  async function inTheMidst(world: Consenting) {
    const before = identityCalls(world)
    world.simulator.fault('ebay-identity', 'slow', { delayMs: 60_000 })
    const answer = await answerOf(await linkOf(world), world.sellers.main)
    const child = startTokenctl(['login', world.main, '--resume', '--stdin'], { home: world.home })
    const end = ended(child)
    child.stdin.end(answer)
    await expect.poll(() => identityCalls(world), { timeout: 15_000 }).toBe(before + 1)
    return { child, end, answer }
  }

  test.each([
    ['login --resume', 'new', ['login', 'ebay:main', '--resume', '--stdin']],
    ['login --link', 'new', ['login', 'ebay:main', '--link']],
    ['renew', 'known', ['renew', 'ebay:main']],
  ])(
    'kill -9 between exchange and record: status says what waits, and `%s` stores it',
    async (_, shop, words) => {
      const world = await consenting('ebay')
      if (shop === 'known') await resume(world, await answerOf(await linkOf(world), world.sellers.main))
      const before = await world.row()
      const done = exchanges(world).length
      const { child, end, answer } = await inTheMidst(world)
      expect(readFileSync(`/proc/${child.pid}/cmdline`, 'latin1')).not.toContain(
        partOf(answer, 'code').slice(0, 20),
      )
      child.kill('SIGKILL')
      expect(await end).toMatchObject({ signal: 'SIGKILL' })
      expect(journals(world.home)).toHaveLength(1)
      for (const name of ['code', 'state']) expect(filesWith(world.home, partOf(answer, name))).toEqual([])
      const report = statusSchema.parse(JSON.parse((await world.run(['status', '--json'])).stdout))
      if (shop === 'known')
        expect(report.accounts).toMatchObject([
          { state: 'unconfirmed', next: { command: 'tokenctl renew ebay:main' } },
        ])
      else
        expect(report.warnings.join('\n')).toContain(
          'A consent for ebay:main waits to be stored: run `tokenctl login ebay:main` again.',
        )
      world.simulator.clearFaults('ebay-identity')
      expect(await world.run(words, { input: '' })).toMatchObject({ status: 0 })
      const after = await world.row()
      expect(after).toMatchObject({ account: 'ebay:main', seller: expect.stringMatching(/^ebay-main /) })
      expect(after?.['consentAt']).not.toBe(before?.['consentAt'])
      const codes = exchanges(world).slice(done)
      expect(codes.filter(({ outcome }) => outcome === 'exchanged')).toHaveLength(1)
      expect(journals(world.home)).toEqual([])
    },
  )

  test.skipIf(noTerminal !== undefined)(
    'and `login` at a terminal finishes it without a browser',
    async () => {
      const world = await consenting('ebay')
      const { child, end } = await inTheMidst(world)
      child.kill('SIGKILL')
      await end
      world.simulator.clearFaults('ebay-identity')
      const run = world.terminal(['login', 'ebay:main'])
      expect(await run.ended()).toBe(0)
      expect(run.screen()).not.toMatch(/http|Paste/)
      expect(flat(run.screen())).toMatch(
        /a renewal that was cut off is finished; its answer was on the disk\. .*ebay:main is connected by a new consent/,
      )
    },
  )

  test('Ctrl-C twice stops it at once, and nothing is lost', async () => {
    const world = await consenting('ebay')
    const { child, end } = await inTheMidst(world)
    const heard = new Promise(resolve => child.stderr.on('data', resolve))
    child.kill('SIGINT')
    expect(String(await heard)).toContain('Stopping when the exchange that is open is stored')
    child.kill('SIGINT')
    expect((await end).signal).toBe('SIGINT')
    world.simulator.clearFaults('ebay-identity')
    expect(await world.run(['login', 'ebay:main', '--link'])).toMatchObject({ status: 0 })
    expect(await world.row()).toMatchObject({ account: 'ebay:main', state: 'ok' })
  })
})

describe('for programs', () => {
  test('--json: a link, a result and an error, and no secret in the last two', async () => {
    const world = await consenting('ebay')
    const made = await world.run(['login', world.main, '--link', '--json'])
    const link = loginLinkSchema.parse(JSON.parse(made.stdout))
    expect(link).toMatchObject({ version: 1, account: 'ebay:main', codeSeconds: 299 })
    const days = (Date.parse(link.until) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(6.99)
    expect(days).toBeLessThanOrEqual(7)
    expect(loginSchema.safeParse(link).success).toBe(true)
    const answer = await answerOf(link.address, world.sellers.main)
    const bad = await world.run(['login', '--resume', '--stdin', '--json'], {
      input: answer.replace(/state=[^&]*/, 'state=x'),
    })
    expect(bad.status).toBe(2)
    expect(JSON.parse(bad.stdout)).toEqual({
      version: 1,
      error: { code: 'USAGE', message: expect.any(String), fix: expect.any(String) },
    })
    const good = await world.run(['login', '--resume', '--stdin', '--json'], { input: answer })
    expect(accountResultSchema.parse(JSON.parse(good.stdout))).toMatchObject({
      account: 'ebay:main',
      outcome: 'renewed',
      ends: { basis: 'reported' },
    })
    for (const name of ['code', 'state'])
      for (const text of [bad.stdout, bad.stderr, good.stdout, good.stderr])
        expect(text).not.toContain(partOf(answer, name))
  })

  test.each([{}, { stdin: 'closed' as const }])(
    'unattended (%j), login ends with 2 and names --link, --resume names --stdin',
    async more => {
      const world = await consenting('ebay')
      const run = await world.run(['login', 'ebay:main'], more)
      expect(run).toMatchObject({ status: 2, stdout: '' })
      expect(run.stderr).toBe(
        'Error: ebay:main: A consent needs a person, and nobody is there to ask. [ANSWER_MISSING]\nFix: Run it at a terminal, or make an address to send with `tokenctl login ebay:main --link`.\n',
      )
      await linkOf(world)
      const waits = await world.run(['login', 'ebay:main', '--resume'], more)
      expect(waits.status).toBe(2)
      expect(waits.stderr).toMatch(/\[ANSWER_MISSING\]\nFix: .*--stdin/)
    },
  )

  test.each([
    [['ebay', '--link', '--resume'], /--link and --resume exclude each other/],
    [['ebay', '--stdin'], /--stdin goes with --resume/],
    [[], /Which marketplace was not said/],
    [['ebay:main', 'outlet', '--link'], /Two names were given for one account/],
    [['--resume', '--stdin'], /No link is waiting for an answer\./],
    [['shopify', '--link'], /MARKETPLACE_UNKNOWN/],
  ])('what is asked for wrongly: %j', async (words, says) => {
    const world = await consenting('ebay')
    const run = await world.run(['login', ...words], { input: '' })
    expect(run).toMatchObject({ status: 2, stdout: '' })
    expect(run.stderr).toMatch(says)
  })
})

describe.skipIf(noTerminal !== undefined)(`at a terminal (${noTerminal ?? 'tmux'})`, () => {
  test.each([80, 40])(
    '%i columns: the link alone on its line; slips are asked again; the answer is taken',
    async columns => {
      const world = await consenting('aliexpress')
      const link = world.terminal(['login', world.main, '--link'], { columns })
      expect(await link.ended()).toBe(0)
      const [address = '', ...words] = link.screen().split('\n')
      // A command is one word, however wide.
      for (const line of words) if (!line.includes('`')) expect(line.length).toBeLessThanOrEqual(columns)
      expect(flat(link.screen())).toMatch(
        /Send this address to the seller of aliexpress:main; it is good until .* come back to you within 3 min\. Next: `tokenctl login aliexpress:main --resume`, and paste what came back\./,
      )
      const answer = await answerOf(address, world.sellers.main)
      const run = world.terminal(['login', world.main, '--resume'], { columns })
      await run.shows('? Paste the address:')
      expect(flat(run.screen())).toContain(
        "The answer to the link of aliexpress:main is the whole address that the seller's browser went to.",
      )
      for (const [index, slip] of ['nothing', address, answer.replace(/state=[^&]*/, 'state=x')].entries()) {
        pasteLine(run, slip)
        await run.shows(new RegExp(`(?:Not taken\\.[^]*){${index + 1}}\\? Paste the address:`))
      }
      pasteLine(run, answer)
      expect(await run.ended()).toBe(0)
      expect(flat(run.screen())).toContain('aliexpress:main is connected by a new consent. Its seller is')
    },
  )
})
