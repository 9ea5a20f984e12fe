/** `status` in its forms: which renderer, to where, and with what exit status. What the forms say is tested beside them. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type StatusOptions, statusRun } from '../../../src/cli/commands/status.ts'
import { statusSchema } from '../../../src/cli/shapes/status-shape.ts'
import { STATUS_FORMATS } from '../../../src/cli/status/status-format.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { TokenSet } from '../../../src/tokens/token-set.ts'
import { at, tokenSet } from '../../support/accounts.ts'
import { parseCalendar } from '../../support/calendar.ts'
import { parseExposition } from '../../support/exposition.ts'
import { elements, parsePage } from '../../support/html.ts'
import { type TestWorld, testWorld } from '../../support/world.ts'
import { screen } from '../render/screen.ts'

const FINE = tokenSet({ consentAt: at('2026-11-01'), seller: 'shop-4711' })
const DUE = tokenSet({ account: 'ebay:due', consentAt: at('2026-08-01') })
const ENDED = tokenSet({ account: 'ebay:ended', consentAt: at('2025-06-01'), endsAt: at('2026-11-01') })

const VAULT = '0123456789abcdef'
const uidOf = (key: string) =>
  `${createHash('sha256').update(`${VAULT}\n${key}`).digest('hex').slice(0, 32)}@tokenctl`

interface Publishing extends TestWorld {
  readonly published: ReadonlyMap<string, string>
}

/** A world that also writes files, and knows its vault's id. */
async function publishing(
  accounts: readonly TokenSet[],
  more: Partial<Pick<TestWorld, 'terminal' | 'publish' | 'env'>> = {},
): Promise<Publishing> {
  const published = new Map<string, string>()
  const marker = JSON.stringify({
    version: 1,
    id: VAULT,
    store: 'file',
    createdAt: '2026-11-01T00:00:00Z',
  })
  const parts = {
    published,
    publish: async (path: string, text: string) => void published.set(path, text),
    folders: { state: '/state' },
    env: {},
    files: {
      platform: 'linux',
      checkPrivateFolder: () => true,
      readPrivate: () => Buffer.from(marker),
    },
    ...more,
  }
  const world = await testWorld({ accounts })
  return new Proxy(world, {
    get: (target, name) =>
      name in parts ? parts[name as keyof typeof parts] : target[name as keyof typeof target],
  }) as unknown as Publishing
}

async function run(options: Partial<StatusOptions>, accounts: readonly TokenSet[] = [FINE]) {
  const world = await publishing(accounts)
  const exit = await statusRun({ accounts: [], ...options }, world)
  return { exit, ...world.terminal.shown, published: world.published }
}

describe('the form', () => {
  test('json and plain are the same by either option', async () => {
    for (const form of ['json', 'plain'] as const) {
      const byFormat = await run({ format: form })
      expect(byFormat.out).toBe((await run({ [form]: true })).out)
      expect(byFormat.out).toBe((await run({ [form]: true, format: form })).out)
    }
    statusSchema.parse(JSON.parse((await run({ format: 'json' })).out))
  })

  test('the table is what is printed without any', async () => {
    expect((await run({ format: 'table' })).out).toBe((await run({})).out)
  })

  test('prometheus', async () => {
    const { exit, out } = await run({ format: 'prometheus' }, [FINE, ENDED])
    expect(parseExposition(out).get('tokenctl_account_info')?.series).toHaveLength(2)
    expect(exit).toBe(0)
  })

  test('html', async () => {
    const { exit, out } = await run({ format: 'html' }, [FINE, ENDED])
    expect(elements(parsePage(out), 'g')).toHaveLength(2)
    expect(exit).toBe(0)
  })

  test('the time line by either option, in signs that the screen shows', async () => {
    const { out } = await run({ timeline: true }, [FINE, ENDED])
    expect(out).toBe((await run({ format: 'timeline' }, [FINE, ENDED])).out)
    expect(out).toMatch(/^ebay:ended {2}expired {2}<-+E +\|$/m)
    const world = await publishing([FINE, ENDED], { env: { LANG: 'en_GB.UTF-8' } })
    await statusRun({ accounts: [], timeline: true }, world)
    expect(world.terminal.shown.out).toMatch(/^ebay:ended {2}expired {2}◂─+■ +│$/m)
  })

  test('ics, with entries that the vault’s id is in', async () => {
    const { out } = await run({ format: 'ics' }, [FINE, ENDED])
    const uids = parseCalendar(out).components.map(each => each.properties.get('UID')?.value)
    expect(uids).toEqual([uidOf('account/ebay:ended'), uidOf('account/ebay:main')])
  })

  test.each<[Partial<StatusOptions>, RegExp]>([
    [{ json: true, plain: true }, /exclude each other/],
    [{ json: true, format: 'ics' }, /exclude each other/],
    [{ failWithin: '14m' }, /--fail-within/],
    [{ output: '' }, /names no file/],
    [{ format: 'jsonl', sort: 'ends' }, /--format jsonl and --sort ends exclude/],
    [{ format: 'nagios', limit: '5' }, /no pages/],
    [{ page: '0' }, /--page: "0" is no whole number/],
  ])('%j is refused before the vault is opened', async (options, message) => {
    const world = await testWorld()
    const openVault = () => expect.unreachable('opened')
    const closed = new Proxy(world, {
      get: (target, name) => (name === 'openVault' ? openVault : target[name as keyof typeof target]),
    })
    await expect(statusRun({ accounts: [], ...options }, closed)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    })
  })
})

describe('--output', () => {
  test.each(STATUS_FORMATS)(
    '%s: the file holds what would have been printed, and nothing is',
    async format => {
      const printed = await run({ format }, [FINE, DUE])
      const written = await run({ format, output: 'a/status' }, [FINE, DUE])
      expect(written.published).toEqual(new Map([['a/status', printed.out]]))
      expect(written.out).toBe('')
      expect({ exit: written.exit, err: written.err }).toEqual({ exit: printed.exit, err: printed.err })
    },
  )

  test('`-` is standard output', async () => {
    const { out, published } = await run({ format: 'prometheus', output: '-' })
    expect(out).toContain('tokenctl_accounts')
    expect(published.size).toBe(0)
  })

  test('a table has no colours in a file, and is not as narrow as the screen', async () => {
    const world = await publishing([FINE], { terminal: screen(40, true) as TestWorld['terminal'] })
    await statusRun({ accounts: [], output: 'a' }, world)
    expect(world.published.get('a')).toBe((await run({})).out)
  })

  test('what cannot be written ends the command', async () => {
    const publish = async () => {
      throw new TokenctlError('WRITE_FAILED', 'a cannot be written.')
    }
    const world = await publishing([FINE], { publish })
    await expect(statusRun({ accounts: [], output: 'a' }, world)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    })
  })
})

describe('the exit status', () => {
  test.each<[Partial<StatusOptions>, readonly TokenSet[], number]>([
    [{}, [ENDED], 0],
    [{ check: true }, [ENDED], 3],
    [{ check: true }, [DUE], 4],
    [{ check: true }, [FINE], 0],
    [{ check: true, format: 'prometheus' }, [DUE], 4],
    [{ check: true, json: true }, [DUE], 4],
    // `--fail-within` is a check by itself.
    [{ failWithin: '90 days' }, [FINE], 4],
    [{ failWithin: '60 days' }, [FINE], 0],
    [{ failWithin: '60 days' }, [DUE], 4],
    [{ failWithin: '1y', format: 'ics' }, [FINE], 3],
    // A plugin's own.
    [{ format: 'nagios' }, [FINE], 0],
    [{ format: 'nagios' }, [DUE], 1],
    [{ format: 'nagios' }, [ENDED], 2],
    [{ format: 'nagios' }, [], 3],
    [{ format: 'nagios', check: true }, [DUE], 1],
    [{ format: 'nagios', failWithin: '90 days' }, [FINE], 1],
    [{ format: 'nagios', failWithin: '1y' }, [FINE], 2],
  ])('%j', async (options, accounts, exit) => {
    expect((await run(options, accounts)).exit).toBe(exit)
  })
})

test('a plugin says nothing on standard error', async () => {
  const { err, out } = await run({ format: 'nagios', accounts: ['amazon'] })
  expect(err).toBe('')
  expect(out).toMatch(/^TOKENCTL CRITICAL - amazon is not connected \| accounts=0 /)
})
