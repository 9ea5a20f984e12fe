/** The README, held against the program: every command in it is run, and its tables agree with the code. */

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { exitCodesPage } from '../src/cli/exit.ts'
import { buildProgram } from '../src/cli/program.ts'
import { importSchema } from '../src/cli/shapes/import-shape.ts'
import { marketplaces } from '../src/marketplaces/registry.ts'
import { SETTING_KEYS } from '../src/settings.ts'
import type { Simulator } from '../src/simulator/simulator.ts'
import { KEY_SOURCES } from '../src/vault/choices.ts'
import { Browser } from './simulator/browser.ts'
import { endpoints, shop, simulated, startSimulateChild, writeSettings } from './support/simulator.ts'
import { temporaryHome } from './support/temporary-home.ts'
import { inTerminal, tmuxMissing } from './support/tmux.ts'
import { BIN, ended, environmentOf, NODE, type Run, tokenctl } from './support/tokenctl.ts'

const ROOT = join(import.meta.dirname, '..')
const text = readFileSync(join(ROOT, 'README.md'), 'utf8')

interface Fence {
  readonly language: string
  readonly body: string
  /** The heading it stands under. */
  readonly under: string
}

const fences: readonly Fence[] = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(match => ({
  language: match[1] ?? '',
  body: match[2] ?? '',
  under: [...text.slice(0, match.index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '',
}))

const commands = fences
  .filter(fence => fence.language === 'sh')
  .flatMap(({ body, under }) =>
    body
      .trim()
      .split('\n')
      .map(line => ({ line, under })),
  )

const under = (heading: string) =>
  commands.filter(each => each.under.startsWith(heading)).map(each => each.line)

/** A folder with a `tokenctl` in it, as `npm link` makes one. */
function pathWithTokenctl(): string {
  const folder = temporaryHome()
  writeFileSync(join(folder, 'tokenctl'), `#!/bin/sh\nexec '${NODE}' '${BIN}' "$@"\n`, { mode: 0o755 })
  symlinkSync(NODE, join(folder, 'node'))
  return `${folder}${delimiter}${process.env['PATH'] ?? ''}`
}

/** Types lines into one shell, which stops at the first that fails. */
function shell(lines: readonly string[], cwd: string, env: Record<string, string>): Promise<Run> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', lines.join('\n')], {
    cwd,
    env: environmentOf({ env: { PATH: pathWithTokenctl(), ...env } }),
  })
  child.stdin.end()
  return ended(child)
}

/** A line with what belongs on standard input: what a person is asked for at a terminal comes there, by `--stdin`. */
function typed(line: string, simulator: Simulator, document: string, answer: string) {
  const words = line.replace(/ <.*$/, '').split(' ').slice(1)
  const marketplace = /^tokenctl app set (\w+)/.exec(line)?.[1]
  if (marketplace !== undefined) {
    const keys = simulator.importDocument().apps.find(app => app.marketplace === marketplace)?.keys
    return { words: [...words, '--stdin'], input: JSON.stringify(keys ?? '') }
  }
  if (line === 'tokenctl set-amazon') {
    return { words: [...words, '--stdin'], input: simulator.newAmazonToken('amazon:default') }
  }
  if (line.endsWith('--resume')) return { words: [...words, '--stdin'], input: answer }
  return { words, input: line.includes('<') ? document : '' }
}

/** A seller who agrees, without a screen; where the browser is sent then. @param seller one who is connected nowhere */
async function agree(address: string, seller = 'ebay-newcomer'): Promise<string> {
  const { location } = await new Browser().consent(address, seller)
  return location?.href ?? 'nowhere'
}

/** Types a login at a terminal without a desktop, consents, and pastes what came back. */
async function consent(line: string, home: string): Promise<void> {
  const [, account = ''] = /(\w+:\w+)$/.exec(line) ?? []
  const run = inTerminal(line.split(' ').slice(1), { home, columns: 200 })
  try {
    const [, address = ''] = /^(http\S+)$/m.exec(await run.shows(/^http\S+$/m)) ?? []
    await run.shows('Paste the address')
    run.paste(await agree(address, account.replace(':', '-')), 'bracketed')
    run.press('Enter')
    expect({ line, status: await run.ended() }).toEqual({ line, status: 0 })
  } finally {
    run.close()
  }
}

/** Whether the lines with curl cannot be typed here. In CI they must be. */
function curlMissing(): boolean {
  const missing = spawnSync('curl', ['--version']).status !== 0
  if (missing && process.env['CI'] === 'true') throw new Error('curl must be installed in CI.')
  return missing
}

describe('its commands', () => {
  test('every one of them stands under a heading that is tried below', () => {
    const tried = ['Try it', 'Connect your shops', 'The same without', 'Where secrets rest']
    expect(commands.filter(each => !tried.some(heading => each.under.startsWith(heading)))).toEqual([])
    expect(commands.length).toBeGreaterThan(15)
  })

  test('npm’s scripts are there, and what they run', () => {
    for (const line of under('Try it')) {
      for (const word of line.split(' && ')) {
        const script = /^npm (?:run )?(\w+)$/.exec(word)?.[1] ?? ''
        expect(['ci', 'link', ...Object.keys(packageJson.scripts)]).toContain(script)
      }
    }
  })

  test('without an account anywhere: three accounts connected by these very lines', async context => {
    context.skip(curlMissing(), 'curl is not installed')
    const lines = under('The same without')
    expect(lines[0]).toMatch(/^tokenctl simulate --port 8080$/)
    const simulator = await startSimulateChild()
    try {
      const port = new URL(simulator.origin).port
      const run = await shell(
        lines.slice(1).map(line => line.replaceAll(':8080', `:${port}`)),
        temporaryHome(),
        { TMPDIR: temporaryHome() },
      )
      expect(run.stderr).not.toContain('Error')
      expect(run.status).toBe(0)
      for (const title of ['eBay', 'AliExpress', 'Amazon'])
        expect(run.stdout).toMatch(new RegExp(`^${title} +main `, 'm'))
      expect(run.stdout).not.toContain('not connected')
    } finally {
      await simulator.stop()
    }
  })

  test('your shops: each line, with its document, against simulated ones', async context => {
    context.skip(tmuxMissing() !== undefined, 'tmux is not installed')
    const simulator = await simulated([
      shop('ebay:outlet', 120, 547, { refreshToken: 'v^1.1#i^1#made-up' }),
      shop('aliexpress:gadgets', 20, 60, { refreshToken: '50001600030made-up' }),
      shop('ebay:main', 120, 547, { seller: 'ebay-main' }),
      shop('aliexpress:main', 20, 60, { seller: 'aliexpress-main' }),
      shop('amazon:default', 300, 365),
    ])
    const home = temporaryHome()
    writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
    const platform = temporaryHome()
    writeSettings(platform, { store: 'file' })
    const [document] = fences.filter(fence => fence.language === 'json')
    const seen: string[] = []
    /** What came back to the link. */
    let answer = ''
    for (const line of under('Connect your shops')) {
      if (/^tokenctl login \S+$/.test(line)) {
        await consent(line, home)
        seen.push(line)
        continue
      }
      const { words, input } = typed(line, simulator, document?.body ?? '', answer)
      // A shop on a platform is another reader's: to `renew ebay` it would be one that a person must act on.
      const whose = /^tokenctl (track|renewed) /.test(line) ? platform : home
      const run = await tokenctl(words, { home: whose, input })
      expect({ line, status: run.status, stderr: run.stderr }).toEqual({
        line,
        status: 0,
        stderr: expect.not.stringContaining('Error'),
      })
      if (line.endsWith('--link')) answer = await agree(run.stdout.trim())
      seen.push(line)
    }
    expect(seen.join('\n')).toContain('tokenctl set-amazon')
    expect((await tokenctl(['accounts', 'list'], { home })).stdout.trim().split('\n').sort()).toEqual([
      'aliexpress:gadgets',
      'aliexpress:main',
      'amazon:default',
      'ebay:client-7',
      'ebay:main',
      'ebay:outlet',
    ])
    expect((await tokenctl(['accounts', 'list'], { home: platform })).stdout).toBe(
      'ebay:outlet  (by its dates)\n',
    )
  })

  test('those in the running text: the words of each are known', async () => {
    const spans = [...text.matchAll(/`(tokenctl [^`]+)`/g)].map(match => match[1] ?? '')
    expect(spans.length).toBeGreaterThan(5)
    const known = await names()
    for (const span of spans) {
      const words = span.split(' ').slice(1)
      expect(known).toContain(
        known.includes(words.slice(0, 2).join(' ')) ? words.slice(0, 2).join(' ') : words[0],
      )
    }
  })

  test('the import document is one', () => {
    const documents = fences.filter(fence => fence.language === 'json')
    expect(documents.length).toBeGreaterThan(0)
    for (const { body } of documents) expect(importSchema.safeParse(JSON.parse(body)).success).toBe(true)
  })
})

/** Every command as it is typed: `status`, `app set`. */
async function names(): Promise<readonly string[]> {
  const program = await buildProgram(async () => {})
  return program.commands.flatMap(command =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map(child => `${command.name()} ${child.name()}`),
  )
}

describe('its tables', () => {
  let demo = ''
  beforeAll(async () => {
    demo = (await tokenctl(['demo'])).stdout
  })

  /** Everything that depends on the day is a letter. */
  const undated = (table: string) => table.replace(/\d{4}-\d\d-\d\d/g, 'D').replace(/(~?)-?\b\d+\b/g, '$1N')

  test('the first is the one that the demo shows first, but for the day', () => {
    const picture = fences.find(fence => fence.body.includes('$ tokenctl status'))?.body ?? ''
    const shown = /^\$ tokenctl status\n(.*?)\n\n/ms.exec(demo)?.[1] ?? 'no table'
    const rows = picture.trim().split('\n').slice(1)
    // The days left of one day may have a digit less than those of another; that moves no column but the last.
    const columns = (table: string) => undated(table).replace(/ {2,}/g, '  ')
    expect(columns(rows.join('\n'))).toBe(columns(shown))
  })

  test('the exit statuses are those of `help exit-codes`', () => {
    const rows = [...text.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(match => `${match[1]}  ${match[2]}`)
    const page = [...exitCodesPage().matchAll(/^ *(\d+ {2}.+)$/gm)].map(match => match[1])
    expect(rows).toEqual(page)
  })

  test('the commands are all there are', async () => {
    const [, table = ''] = /^## Commands\n(.*?)^## /ms.exec(text) ?? []
    const named = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(match =>
      [...(match[1] ?? '').matchAll(/`([^`]+)`/g)].map(word => word[1] ?? ''),
    )
    expect([...named].sort()).toEqual([...(await names())].sort())
  })

  test('the options it names are those of their commands', async () => {
    const [, table = ''] = /^## Commands\n(.*?)^## /ms.exec(text) ?? []
    const program = await buildProgram(async () => {})
    for (const [, name, words] of table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)) {
      const options = program.commands
        .find(command => command.name() === name)
        ?.options.map(option => option.long)
      for (const [option] of (words ?? '').matchAll(/--[a-z-]+/g)) expect(options).toContain(option)
    }
  })

  test('every marketplace and no other, every setting that it names, every key source', () => {
    for (const { title } of marketplaces) expect(text).toContain(title)
    const set = [...text.matchAll(/config set ([\w.-]+)/g)].map(match => match[1] ?? '')
    expect(set.length).toBeGreaterThan(3)
    for (const key of set) expect(SETTING_KEYS).toContain(key)
    expect([...KEY_SOURCES].sort()).toEqual(['file', 'keychain', 'passphrase', 'systemd'])
  })

  test('every file that it links to is there', () => {
    for (const [, path] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      expect(() => readFileSync(join(ROOT, path ?? ''))).not.toThrow()
    }
  })
})
