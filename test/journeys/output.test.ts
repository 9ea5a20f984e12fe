/** What the built program writes and where: JSON by its schemas, columns by tabs, colours only where wanted, pipes that close. */
import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { accountResultSchema } from '../../src/cli/shapes/account-shape.ts'
import { renewPlanSchema } from '../../src/cli/shapes/renew-plan-shape.ts'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { connectedForAll, copyOf, shop } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type RunOptions, tokenctl } from '../support/tokenctl.ts'

const { home: base, simulator } = connectedForAll([
  shop('ebay:main', 120, 547),
  shop('ebay:outlet', 20, 547),
  shop('amazon:main', 355, 365, { region: 'na' }),
  shop('aliexpress:gadgets', 66, 60),
])

const ESC = '\u001b'
const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(args, { home: base, ...more })

describe('--json', () => {
  test('status: every account, app and marketplace, by the schema', async () => {
    const { status, stdout } = await run(['status', '--json'])
    const report = statusSchema.parse(JSON.parse(stdout))
    expect(report.accounts.map(({ account, state }) => [account, state])).toEqual([
      ['aliexpress:gadgets', 'expired'],
      ['amazon:main', 'expiring'],
      ['ebay:main', 'due'],
      ['ebay:outlet', 'ok'],
    ])
    expect(report.accounts[0]?.next).toEqual({
      command: 'tokenctl login aliexpress:gadgets',
      reason: expect.stringMatching(/^the consent ended \d{4}-\d\d-\d\d$/),
    })
    expect(report.accounts[3]?.next.command).toBeNull()
    expect(report.apps.map(app => app.marketplace).sort()).toEqual(['aliexpress', 'amazon', 'ebay'])
    expect(report).toMatchObject({ version: 1, store: 'file', notConnected: [] })
    expect(report.lastOpenedAt).not.toBeNull()
    expect(report.warnings[0]).toContain(simulator().origin)
    expect(status).toBe(0)
  })

  test('status, the first time', async () => {
    const { stdout } = await tokenctl(['status', '--json'], { home: temporaryHome() })
    expect(statusSchema.parse(JSON.parse(stdout))).toEqual({
      version: 1,
      now: expect.any(String),
      store: null,
      accounts: [],
      apps: [],
      notConnected: ['ebay', 'amazon', 'aliexpress'],
      lastOpenedAt: null,
      warnings: [],
    })
  })

  test('renew, its plan, and each command with one account in its result', async () => {
    const home = copyOf(base)
    const json = async (args: readonly string[], input?: string) => {
      const options = { home, ...(input === undefined ? {} : { input }) }
      const { stdout } = await tokenctl([...args, '--json'], options)
      return JSON.parse(stdout)
    }
    const plan = renewPlanSchema.parse(await json(['renew', '--due', '--dry-run']))
    expect(plan.planned.map(each => each.account).sort()).toEqual([
      'aliexpress:gadgets',
      'amazon:main',
      'ebay:main',
    ])
    expect(simulator().requests()).toEqual([])
    const renewed = renewSchema.parse(await json(['renew', '--all']))
    expect(renewed.summary).toEqual({ renewed: 2, proved: 1, fresh: 0, needsPerson: 0, failed: 1 })
    const token = simulator().newAmazonToken('amazon:main')
    expect(accountResultSchema.parse(await json(['set-amazon', '--stdin'], token))).toMatchObject({
      account: 'amazon:main',
      outcome: 'renewed',
    })
    expect(
      accountResultSchema.parse(await json(['track', 'ebay:shop', '--consented', '2026-08-01'])),
    ).toMatchObject({
      account: 'ebay:shop',
      outcome: 'recorded',
      consentAt: '2026-08-01T00:00:00Z',
    })
    expect(accountResultSchema.parse(await json(['renewed', 'ebay:shop']))).toMatchObject({
      outcome: 'recorded',
    })
    expect(await json(['accounts', 'list'])).toMatchObject({ version: 1, accounts: { length: 5 } })
    expect(await json(['app', 'list'])).toMatchObject({ version: 1, apps: { length: 3 } })
    expect(await json(['config', 'list'])).toMatchObject({ version: 1, file: `${home}/config.json` })
    const document = JSON.stringify(simulator().importDocument())
    expect(await json(['import', '--dry-run', '--replace'], document)).toMatchObject({
      version: 1,
      dryRun: true,
    })
  })

  // Words, and what they come to: the same exit status, whoever reads.
  test.each([
    [['status'], 0],
    [['status', '--check'], 3],
    [['status', '--check', 'ebay:outlet'], 0],
    [['status', '--check', 'ebay:main'], 4],
    [['status', '--check', 'ebay:main', 'amazon'], 3],
    [['renew', '--due', '--dry-run'], 0],
    [['renew', '--due'], 3],
    [['renew', 'ebay'], 0],
    [['renew', 'amazon'], 0],
    [['renew', 'aliexpress'], 3],
    [['renew', 'eaby'], 2],
    [['status', '--nothing'], 2],
    [['accounts', 'list'], 0],
  ] as const)('%j ends with %i, with and without', async (args, status) => {
    expect((await run(args, { home: copyOf(base) })).status).toBe(status)
    const asJson = await run([...args, '--json'], { home: copyOf(base) })
    expect(asJson.status).toBe(status)
    expect(JSON.parse(asJson.stdout)).toMatchObject({ version: 1 })
  })

  test('an error is one object on standard output', async () => {
    const { stdout, stderr } = await run(['renew', 'ebay:mian', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      error: {
        code: 'ACCOUNT_UNKNOWN',
        message: 'There is no account ebay:mian.',
        fix: expect.stringContaining('ebay:main'),
      },
    })
    expect(stderr).toBe('')
  })
})

describe('--plain', () => {
  test('tab-separated, one header line, one line an account, whatever the width and the colours', async () => {
    const env = { FORCE_COLOR: '3', COLUMNS: '20' }
    const { stdout, status } = await run(['status', '--plain'], { env })
    expect(status).toBe(0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'))
    expect(rows[0]).toEqual([
      'Marketplace',
      'Account',
      'State',
      'Last renewed',
      'Renew by',
      'Ends',
      'Days left',
      'Next',
      'Delivery',
    ])
    expect(rows).toHaveLength(5)
    for (const row of rows) expect(row).toHaveLength(9)
    expect(rows[1]?.slice(0, 3)).toEqual(['AliExpress', 'gadgets', 'expired'])
    expect(stdout).not.toContain(ESC)
  })

  test('marketplaces without an account are absent: the first time there is the header alone', async () => {
    const { stdout } = await tokenctl(['status', '--plain'], { home: temporaryHome() })
    expect(stdout.split('\n')).toHaveLength(2)
  })

  test('not together with --json', async () => {
    expect((await run(['status', '--plain', '--json'])).status).toBe(2)
  })
})

describe('colours', () => {
  const shown = async (env: NonNullable<RunOptions['env']>) => (await run(['status'], { env })).stdout

  test('none into a pipe, and every line whole', async () => {
    const table = await shown({ COLUMNS: '20' })
    expect(table).not.toContain(ESC)
    expect(table).toMatch(/^AliExpress +gadgets +expired .* tokenctl login aliexpress:gadgets$/m)
  })

  test('FORCE_COLOR brings them, and takes nothing else away', async () => {
    const coloured = await shown({ FORCE_COLOR: '1' })
    expect(coloured).toContain(`${ESC}[`)
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(await shown({}))
  })

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }])('%j: none', async env => {
    expect(await shown(env)).not.toContain(ESC)
  })
})

describe('pipes', () => {
  test.each([['status', '--json'], ['config', 'list'], ['--help'], ['renew', '--all', '--dry-run']])(
    'a reader that has gone (`| head -1`) is no failure: %j',
    async (...args) => {
      const child = spawn(NODE, [BIN, ...args], { env: environmentOf({ home: base }) })
      child.stdout.destroy()
      const talk: string[] = []
      child.stderr.on('data', chunk => talk.push(String(chunk)))
      const status = await new Promise(resolve => child.on('close', resolve))
      expect(talk.join('')).not.toMatch(/EPIPE|at .*\.cjs|Error/)
      expect(status).toBe(0)
    },
  )

  test('a full disk under the output is told', async () => {
    const child = spawn('sh', ['-c', `exec "$0" "$@" > /dev/full`, NODE, BIN, 'config', 'list'], {
      env: environmentOf({ home: base }),
    })
    const talk: string[] = []
    child.stderr.on('data', chunk => talk.push(String(chunk)))
    const status = await new Promise(resolve => child.on('close', resolve))
    expect(talk.join('')).toMatch(/could not be written \(ENOSPC\).*\[WRITE_FAILED\]/)
    expect(status).toBe(ERROR_CODES.WRITE_FAILED.exit)
  })
})

describe('what a command was called for', () => {
  const recipient = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'
  const exporting = ['export', '--to', recipient]
  const line = async (shell: string, args: readonly string[], home: string) =>
    await ended(spawn('sh', ['-c', shell, NODE, BIN, ...args], { env: environmentOf({ home }) }))
  /** Ends with the status of the program, and not with that of its reader. */
  const GONE = '{ "$0" "$@"; echo $? >&3; } 3>&2 | true'

  test.each<[string, readonly string[], string]>([
    ['exec "$0" "$@" >/dev/full', exporting, 'No copy was made'],
    ['exec "$0" "$@" >&-', exporting, 'No copy was made'],
    ['exec "$0" "$@" >/dev/full', ['token', 'ebay:outlet'], 'The token did not arrive'],
    ['exec "$0" "$@" >&-', ['token', 'ebay:outlet'], 'The token did not arrive'],
    ['exec "$0" "$@" >&-', ['token', 'ebay:outlet', '--json'], 'The token did not arrive'],
    // A disk that fills up takes a part, and says so only when it is asked again.
    ['trap "" XFSZ; ulimit -f 1; exec "$0" "$@" >"$TOKENCTL_HOME/copy.age"', exporting, 'No copy was made'],
  ])('%s %j: it did not get there, and that is told', async (shell, args, words) => {
    const home = copyOf(base)
    const { status, stderr } = await line(shell, args, home)
    expect(stderr).toContain(words)
    expect(stderr).toContain('[WRITE_FAILED]')
    expect(stderr).not.toMatch(/Exported|is done and stored/)
    expect(status).toBe(ERROR_CODES.WRITE_FAILED.exit)
    expect((await tokenctl(['history', '--json'], { home })).stdout).not.toContain('"export"')
  })

  test.each([exporting, ['token', 'ebay:outlet']])('a reader that has gone: %j', async (...args) => {
    const { stderr } = await line(GONE, args, copyOf(base))
    expect(stderr).toMatch(/what read the output has gone \(EPIPE\)\. \[WRITE_FAILED\]/)
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('5')
  })

  test('what a shell throws away on purpose is no failure', async () => {
    const { status, stderr } = await line('exec "$0" "$@" >/dev/null', ['token', 'ebay:outlet'], copyOf(base))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

test('help exit-codes names every code with its status', async () => {
  const { stdout, status } = await run(['help', 'exit-codes'])
  expect(status).toBe(0)
  for (const code of Object.keys(ERROR_CODES)) expect(stdout).toMatch(new RegExp(`\\b${code}\\b`))
})
