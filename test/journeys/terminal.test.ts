/** What a person sees and types, at a real terminal: tables of two widths, masked prompts, ticks, and Ctrl-C. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCOUNT_STATES } from '../../src/renewal/assess.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { addDuration } from '../../src/tokens/time.ts'
import { folderPrint } from '../support/folder-print.ts'
import { connect, copyOf, openSimulator, shop } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { inTerminal, type TerminalOptions, type TerminalRun, tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'

const missing = tmuxMissing()

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  const base = makeHome()
  let simulator: Simulator
  const runs: TerminalRun[] = []

  beforeAll(async () => {
    simulator = await openSimulator([
      shop('ebay:main', 200, 547, { renewedAt: addDuration(Date.now(), { months: -4 }) }),
      shop('ebay:a-shop-with-a-long-name', 530, 547),
      shop('amazon:main', 355, 365, { region: 'na' }),
      shop('amazon:europe', 30, 365, { region: 'eu' }),
      shop('aliexpress:main', 20, 60),
      shop('aliexpress:gadgets', 66, 60),
    ])
    await connect(base.path, simulator)
  })
  afterAll(async () => {
    for (const run of runs) run.close()
    await simulator.close()
    base.remove()
  })

  function terminal(args: readonly string[], options: TerminalOptions): TerminalRun {
    const run = inTerminal(args, options)
    runs.push(run)
    return run
  }

  /** A command that is wider than the screen stands alone, and is the terminal's to break: so it can be copied whole. */
  const isCommand = (line: string) => /^ {2}tokenctl \S+ \S+$/.test(line.trimEnd())

  describe.each([80, 40])('status, %i columns wide', columns => {
    test('no line is longer; every account has its state and what to type next', async () => {
      const run = terminal(['status'], { home: base.path, columns })
      expect(await run.ended()).toBe(0)
      const screen = run.screen()
      const { accounts } = JSON.parse((await tokenctl(['status', '--json'], { home: base.path })).stdout)
      expect(accounts).toHaveLength(6)
      const foot = screen.indexOf('Amazon app default')
      const rows = screen.slice(0, foot).split('\n')
      for (const line of rows) expect(line.length <= columns || isCommand(line) ? '' : line).toBe('')
      const flat = rows.map(line => line.replace(/\s+/g, ' ')).join(' ')
      for (const { name, state, next } of accounts) {
        expect(ACCOUNT_STATES).toContain(state)
        expect(flat).toMatch(new RegExp(` ${name}.{1,30}\\b${state} `))
        // In a narrow table a command is broken over lines of its own column.
        for (const word of next.command?.split(' ') ?? []) expect(flat).toContain(word)
      }
    })
  })

  test('app set: the secret is not shown, and the keys are stored', async () => {
    const home = copyOf(base.path)
    const run = terminal(['app', 'set', 'ebay', 'second'], { home })
    await run.shows('App ID (Client ID):')
    run.press('Shop-tokenctl-PRD-1')
    await run.shows('Shop-tokenctl-PRD-1')
    run.press('Enter')
    await run.shows('Cert ID (Client Secret):')
    run.press('PRD-secret-canary')
    run.press('Enter')
    for (const optional of ['RuName (eBay', 'auth accepted URL', 'Scopes']) {
      await run.shows(optional)
      run.press('Enter')
    }
    expect(await run.ended()).toBe(0)
    expect(run.screen()).toContain('The keys of eBay app second (local) are stored.')
    expect(run.screen()).not.toContain('canary')
    const { apps } = JSON.parse((await tokenctl(['app', 'list', '--json'], { home })).stdout)
    expect(apps).toContainEqual(expect.objectContaining({ marketplace: 'ebay', name: 'second' }))
  })

  test.each(['plain', 'bracketed'] as const)(
    'set-amazon: nothing of a pasted token is shown (%s paste)',
    async how => {
      const home = copyOf(base.path)
      const token = simulator.newAmazonToken('amazon:main')
      const run = terminal(['set-amazon', 'main'], { home })
      await run.shows('New token for amazon:main:')
      run.paste(token, how)
      run.press('Enter')
      expect(await run.ended()).toBe(0)
      const screen = run.screen()
      expect(screen).toContain('Seller Central of North America')
      expect(screen).toContain('amazon:main: Amazon accepts the new token; it is stored.')
      for (let at = 0; at + 8 <= token.length; at += 1) expect(screen).not.toContain(token.slice(at, at + 8))
      expect(screen).not.toContain('Atzr|Iw')
    },
  )

  test('Ctrl-Z at a question: nothing is stopped, and what is typed after it is heard', async () => {
    const home = copyOf(base.path)
    const run = terminal(['set-amazon', 'main'], { home })
    await run.shows('New token for amazon:main:')
    run.press('C-z')
    run.paste(simulator.newAmazonToken('amazon:main'))
    run.press('C-z')
    run.press('Enter')
    expect(await run.ended()).toBe(0)
    expect(run.screen()).toContain('amazon:main: Amazon accepts the new token; it is stored.')
    expect(run.screen()).not.toContain('Atzr|Iw')
  })

  test('set-amazon: what is no token is refused, and nothing of it is shown', async () => {
    const home = copyOf(base.path)
    const run = terminal(['set-amazon', 'europe'], { home })
    await run.shows('New token for amazon:europe:')
    run.paste('Atza|canary-canary-canary')
    run.press('Enter')
    await run.shows(/is an access token/)
    expect(run.screen()).not.toContain('canary')
    expect(await run.ended()).toBe(2)
  })

  test('set-amazon without a name asks which, then offers the regions it does not know', async () => {
    const home = copyOf(base.path)
    const run = terminal(['set-amazon'], { home })
    await run.shows('Which Amazon account is the token for?')
    run.press('Down', 'Enter')
    await run.shows(/New token for amazon:(main|europe):/)
    run.press('C-c')
    expect(await run.ended()).toBe(130)
  })

  test('renew without names: a list in which those due are ticked', async () => {
    const home = copyOf(base.path)
    const run = terminal(['renew'], { home })
    const asked = await run.shows('Which accounts shall be renewed?')
    await run.shows('ebay:main (due)')
    const line = (account: string) =>
      run
        .screen()
        .split('\n')
        .find(each => each.includes(`${account} (`)) ?? asked
    expect(line('ebay:main')).toMatch(/◉/)
    expect(line('amazon:europe')).toMatch(/◯/)
    // Untick all but one: the first press of `a` ticks all, the second none.
    run.press('a', 'a')
    while (!/❯.*ebay:main/.test(run.screen())) {
      const before = run.screen()
      run.press('Down')
      await run.shows(new RegExp(`^(?!${before.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$)`))
    }
    run.press('Space')
    run.press('Enter')
    await run.shows('ebay:main: Renewed;')
    expect(await run.ended()).toBe(0)
    expect(run.screen()).not.toMatch(/^amazon:/m)
  })

  test('renew offers the consent where only a person can help; declined, it ends with 3', async () => {
    const home = copyOf(base.path)
    const run = terminal(['renew', '--all', '--due'], { home, lines: 100 })
    for (const account of ['aliexpress:gadgets', 'amazon:main', 'ebay:a-shop-with-a-long-name']) {
      await run.shows(
        new RegExp(`${account} needs a new consent of its seller\\.\\s+\\? Give it in the browser now\\?`),
      )
      run.press('n', 'Enter')
    }
    expect(await run.ended()).toBe(3)
  })

  test('Ctrl-C at a prompt: 130, and nothing is changed', async () => {
    const home = copyOf(base.path)
    const before = folderPrint(home)
    for (const [args, prompt] of [
      [['set-amazon', 'main'], 'New token for amazon:main:'],
      [['app', 'set', 'ebay'], 'App ID (Client ID):'],
      [['renew'], 'Which accounts shall be renewed?'],
      [['accounts', 'remove', 'ebay:main'], 'Remove ebay:main'],
    ] as const) {
      const run = terminal(args, { home })
      await run.shows(prompt)
      run.press('C-c')
      expect(await run.ended()).toBe(130)
      expect(run.screen()).toContain('[CANCELLED]')
    }
    expect(folderPrint(home)).toEqual(before)
  })

  test('the end of input at a prompt: 130 too', async () => {
    const home = copyOf(base.path)
    const before = folderPrint(home)
    const run = terminal(['accounts', 'remove', 'ebay:main'], { home })
    await run.shows('Remove ebay:main')
    run.press('C-d')
    expect(await run.ended()).toBe(130)
    expect(folderPrint(home)).toEqual(before)
  })

  test('accounts remove asks; Enter alone means no; `y` removes it', async () => {
    const home = copyOf(base.path)
    const no = terminal(['accounts', 'remove', 'ebay:main'], { home })
    await no.shows('Remove ebay:main and its tokens from this machine?')
    no.press('Enter')
    expect(await no.ended()).toBe(130)
    expect((await tokenctl(['status', 'ebay:main'], { home })).status).toBe(0)
    const yes = terminal(['accounts', 'remove', 'ebay:main'], { home })
    await yes.shows('Remove ebay:main')
    yes.press('y', 'Enter')
    expect(await yes.ended()).toBe(0)
    expect(yes.screen()).toContain('ebay:main is removed from this machine.')
    expect((await tokenctl(['status', 'ebay:main'], { home })).status).toBe(2)
  })

  test('with nothing stored and no keychain, the first write offers the encrypted folder', async () => {
    const home = makeHome()
    const run = terminal(['track', 'ebay:main', '--consented', '2026-08-01'], { home: home.path })
    await run.shows('Keep secrets in an encrypted folder on this machine instead?')
    run.press('Enter')
    expect(await run.ended()).toBe(0)
    expect((await tokenctl(['config', 'get', 'store'], { home: home.path })).stdout).toBe('file\n')
    home.remove()
  })

  test('import says at a terminal what it waits for', async () => {
    const home = copyOf(base.path)
    const run = terminal(['import'], { home })
    await run.shows('Waiting for an import document on standard input; Ctrl-D ends it.')
    run.press('C-d')
    expect(await run.ended()).toBe(2)
  })
})
