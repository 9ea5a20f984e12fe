/** More accounts than a screen shows, by the built program: lines, pages, and the summary at a real terminal. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeHome } from '../support/temporary-home.ts'
import { inTerminal, tmuxMissing } from '../support/tmux.ts'
import { BIN, environmentOf, NODE, tokenctl } from '../support/tokenctl.ts'

const COUNT = 130
const base = makeHome()
const home = base.path

/** Fifteen are due, the others were consented to within three weeks. */
const consentOf = (index: number) => new Date(Date.now() - (index < 15 ? 150 : index % 20) * 86_400_000)

beforeAll(async () => {
  const document = {
    version: 1,
    apps: [
      { marketplace: 'ebay', name: 'default', keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' } },
    ],
    accounts: Array.from({ length: COUNT }, (_, index) => ({
      account: `ebay:shop-${String(index).padStart(3, '0')}`,
      app: 'default',
      consentAt: consentOf(index).toISOString(),
      refreshToken: `v^1.1#i^1#p^3#r^1#${'made-up'.repeat(9)}${index}==`,
      tags: { client: index % 2 === 0 ? 'acme' : 'other' },
    })),
  }
  await tokenctl(['config', 'set', 'store', 'file'], { home })
  expect(await tokenctl(['import'], { home, input: JSON.stringify(document) })).toMatchObject({ status: 0 })
})
afterAll(() => base.remove())

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

describe('lines', () => {
  test('an account each, by name, and a summary', async () => {
    const { status, stdout, stderr } = await tokenctl(['status', '--format', 'jsonl'], { home })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const lines = linesOf(stdout)
    const accounts = lines.filter(({ kind }) => kind === 'account').map(({ account }) => account)
    expect(accounts).toEqual([...accounts].sort())
    expect(accounts).toHaveLength(COUNT)
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', accounts: COUNT, states: { due: 15, ok: 115 } })
  })

  test('chosen ones, with the exit status of a check', async () => {
    const words = ['status', '--format', 'jsonl', '--state', 'due', '--tag', 'client=acme', '--check']
    const { status, stdout } = await tokenctl(words, { home })
    expect(status).toBe(4)
    const lines = linesOf(stdout)
    expect(lines.flatMap(({ account }) => account ?? [])).toEqual(
      [0, 2, 4, 6, 8, 10, 12, 14].map(index => `ebay:shop-${String(index).padStart(3, '0')}`),
    )
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', accounts: 8 })
  })

  test('end quietly with their reader', () => {
    const line = `"${NODE}" "${BIN}" status --format jsonl; echo "status $?" >&2`
    const { stdout, stderr } = spawnSync('sh', ['-c', `{ ${line}; } | head -1`], {
      env: environmentOf({ home }),
      encoding: 'utf8',
    })
    expect(linesOf(stdout)).toMatchObject([{ account: 'ebay:shop-000' }])
    expect(stderr).toBe('status 0\n')
  })
})

test('pages of a document are parts of the whole', async () => {
  const whole = JSON.parse((await tokenctl(['status', '--json'], { home })).stdout)
  const pages = await Promise.all(
    ['1', '2', '3', '4'].map(async page => {
      const { stdout } = await tokenctl(['status', '--json', '--limit', '50', '--page', page], { home })
      return JSON.parse(stdout)
    }),
  )
  expect(
    pages.flatMap(({ accounts }) => accounts.map(({ account }: { account: string }) => account)),
  ).toEqual(whole.accounts.map(({ account }: { account: string }) => account))
  expect(pages[3]).toMatchObject({
    accounts: [],
    warnings: ['There is no page 4: 130 accounts are 3 pages of 50.'],
  })
})

test.each([
  [['--limit', '0'], /--limit: "0" is no whole number/],
  [['--page', 'two'], /--page: "two" is no whole number/],
  [['--format', 'prometheus', '--page', '2'], /a monitor must see every account/],
  [['--format', 'jsonl', '--sort', 'state'], /exclude each other/],
])('%j is refused', async (words, message) => {
  const { status, stderr } = await tokenctl(['status', ...words], { home })
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) })
})

const missing = tmuxMissing()

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  test('a summary, and those that need somebody', async () => {
    const run = inTerminal(['status'], { home, columns: 100, lines: 60 })
    try {
      expect(await run.ended()).toBe(0)
      const screen = run.screen()
      expect(screen).toContain('130 accounts')
      expect(screen).toMatch(/^eBay +15 +115$/m)
      expect(screen).toContain('What needs attention:')
      expect(screen.match(/ shop-0\d\d +due /g)).toHaveLength(15)
      expect(screen).not.toContain('shop-129')
      expect(screen.replace(/\s+/g, ' ')).toContain('add `--page 2`')
    } finally {
      run.close()
    }
  })

  test('a page is a table', async () => {
    const run = inTerminal(['status', '--page', '3'], { home, columns: 100, lines: 60 })
    try {
      expect(await run.ended()).toBe(0)
      expect(run.screen().match(/ shop-\d+ +ok /g)).toHaveLength(30)
      expect(run.screen()).toContain('Accounts 101 to 130 of 130 are shown, page 3 of 3;')
    } finally {
      run.close()
    }
  })
})
