/** Tab, pressed in real shells: the lines of docs/completion.md install it, and what is offered is typed to its end. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasProgram } from '../support/needed-program.ts'
import { makeHome } from '../support/temporary-home.ts'
import { programInTerminal, type TerminalRun, tmuxMissing } from '../support/tmux.ts'
import { BIN, environmentOf, NODE, tokenctl } from '../support/tokenctl.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/completion.md'), 'utf8')

/** The line that installs it, as the page has it. */
function installLine(shell: string): string {
  return new RegExp(`^\`\`\`${shell}\n(.+)\n\`\`\`$`, 'm').exec(page)?.[1] ?? 'false'
}

/** How each shell is started, and its own file with a prompt that can be told from all else. */
const SHELLS = {
  bash: { words: ['bash', '-i'], file: '.bashrc', text: "PS1='$ '\n" },
  zsh: { words: ['zsh', '-i'], file: '.zshrc', text: "PROMPT='$ '\n" },
  fish: {
    words: ['fish', '-i'],
    file: '.config/fish/config.fish',
    // What fish writes ahead by itself would look like what Tab wrote.
    text: "set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt\n  echo '$ '\nend\n",
  },
} as const
type Shell = keyof typeof SHELLS

const base = makeHome()
const home = join(base.path, 'tokenctl')
const path = `${join(base.path, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`

/** A home folder of a person who has that shell and has typed the line. */
function personOf(shell: Shell, more = ''): Record<string, string> {
  const folder = join(base.path, shell)
  const { file, text } = SHELLS[shell]
  mkdirSync(join(folder, file, '..'), { recursive: true })
  writeFileSync(join(folder, file), text + more)
  const env = environmentOf({ home, env: { HOME: folder, PATH: path } })
  const run = spawnSync(shell, ['-c', installLine(shell)], { env, encoding: 'utf8' })
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' })
  return env
}

beforeAll(async () => {
  mkdirSync(home, { mode: 0o700 })
  const bin = join(base.path, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'tokenctl'), `#!/bin/sh\nexec '${NODE}' '${BIN}' "$@"\n`, { mode: 0o755 })
  writeFileSync(join(bin, 'zz-reload-shop'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(base.path, 'zz-page.html'), '')
  writeFileSync(join(home, 'config.json'), '{"store":"file"}', { mode: 0o600 })
  for (const account of ['ebay:main', 'ebay:outlet', 'amazon:europe'])
    expect((await tokenctl(['track', account, '--consented', '2026-08-01'], { home })).status).toBe(0)
})
afterAll(() => base.remove())

const noTmux = tmuxMissing()

describe.each(Object.keys(SHELLS) as Shell[])('%s', shell => {
  const missing = noTmux ?? (hasProgram(shell) ? undefined : `${shell} is not installed`)

  describe.skipIf(missing !== undefined)(missing ?? 'at a terminal', () => {
    let run: TerminalRun

    beforeAll(async () => {
      const env = personOf(shell)
      run = programInTerminal([...SHELLS[shell].words], { home, env, columns: 100 })
      await run.shows(/^\$/m)
    })
    afterAll(() => run.close())

    /** Types, presses Tab so often, and waits until a line of the screen is this; then clears the line. */
    async function typed(text: string, shown: RegExp, tabs = 1): Promise<string> {
      run.press(text)
      await run.shows(text)
      for (let pressed = 0; pressed < tabs; pressed += 1) run.press('Tab')
      try {
        return await run.shows(shown)
      } finally {
        await cleared()
      }
    }

    /** The line is taken back. As a byte that waits its turn: Ctrl-C may fall into what a press still runs. */
    async function cleared(): Promise<void> {
      run.press('C-u')
      await run.shows(/(^|\n)\$\s*$/)
    }

    test.each([
      ['tokenctl stat', /^\$ tokenctl status $/m],
      ['tokenctl notices te', /^\$ tokenctl notices test $/m],
      ['tokenctl status --plai', /^\$ tokenctl status --plain $/m],
      ['tokenctl status --format prom', /^\$ tokenctl status --format prometheus $/m],
      ['tokenctl status --format=prom', /^\$ tokenctl status --format=prometheus $/m],
      ['tokenctl app set ali', /^\$ tokenctl app set aliexpress $/m],
      ['tokenctl set-amazon eu', /^\$ tokenctl set-amazon europe $/m],
      ['tokenctl accounts remove am', /^\$ tokenctl accounts remove amazon:europe $/m],
      ['tokenctl accounts remove ebay:m', /^\$ tokenctl accounts remove ebay:main $/m],
      ['tokenctl accounts remove "ebay:m', /^\$ tokenctl accounts remove "ebay:main"? $/m],
      ['tokenctl renew ebay:main ebay:', /^\$ tokenctl renew ebay:main ebay:outlet $/m],
      ['tokenctl hooks add after -- zz-re', /^\$ tokenctl hooks add after -- zz-reload-shop $/m],
      [
        'tokenctl hooks add after -- cat /etc/hostna',
        /^\$ tokenctl hooks add after -- cat \/etc\/hostname $/m,
      ],
    ])('%s', async (text, shown) => {
      await typed(text, trimmedEnd(shown))
    })

    test('a file, after an option that writes one', async () => {
      const text = `tokenctl status --output ${join(base.path, 'zz-')}`
      await typed(text, new RegExp(`--output ${join(base.path, 'zz-page.html')}`))
    })

    test('several: all of them are shown', async () => {
      await typed('tokenctl accounts remove ebay:', /\bmain\b[^$]*\boutlet\b/, 2)
      await typed('tokenctl renew eb', /\b(ebay:)?main\b[^$]*\b(ebay:)?outlet\b/, 3)
    })

    // bash shows words alone.
    if (shell !== 'bash')
      test('each with what it is', async () => {
        await typed('tokenctl status --f', /--format\s.*print it for[^$]*--fail-within\s.*as --check/, 2)
      })

    test('nothing to offer: the line stays, and nothing is said', async () => {
      run.press('tokenctl accounts remove nosuch')
      run.press('Tab', 'Tab')
      run.press('zz')
      try {
        await run.shows(/^\$ tokenctl accounts remove nosuchzz\s*(?![\s\S])/m)
      } finally {
        await cleared()
      }
    })
  })
})

describe('bash, in other circumstances', () => {
  const EXTENDED = '/usr/share/bash-completion/bash_completion'
  const missing =
    noTmux ?? (existsSync(EXTENDED) || hasProgram(EXTENDED) ? undefined : 'bash-completion is not installed')

  /** Types at a bash that read this too, and waits until its line is this. */
  async function typed(more: string, text: string, shown: RegExp): Promise<void> {
    const env = personOf('bash', more)
    const run = programInTerminal(['bash', '-i'], { home, env, columns: 100 })
    try {
      await run.shows(/^\$/m)
      run.press(text)
      run.press('Tab')
      await run.shows(shown)
    } finally {
      run.close()
    }
  }

  test.skipIf(noTmux !== undefined)('where somebody has bash part words at blanks only', async () => {
    await typed(
      "COMP_WORDBREAKS=' '\n",
      'tokenctl accounts remove ebay:m',
      /^\$ tokenctl accounts remove ebay:main *$/m,
    )
  })

  test.skipIf(missing !== undefined)('after `--`, the completion that the other program has', async () => {
    await typed(
      `source ${EXTENDED}\ncomplete -W 'gently' zz-reload-shop\n`,
      'tokenctl hooks add after -- zz-reload-shop gen',
      /^\$ tokenctl hooks add after -- zz-reload-shop gently *$/m,
    )
  })
})

describe('what a press of Tab touches', () => {
  test.skipIf(!hasProgram('strace'))('the mark of the vault, and of its records the names', async () => {
    const log = join(base.path, 'trace')
    const words = ['-f', '-o', log, '-e', 'trace=open,openat,connect,execve', NODE, BIN]
    const run = spawnSync('strace', [...words, '__complete', '2', 'renew', 'ebay:m'], {
      env: environmentOf({ home }),
      encoding: 'utf8',
    })
    expect(run).toMatchObject({ status: 0, stdout: 'ebay:main\t\n:words\n', stderr: '' })
    const lines = readFileSync(log, 'utf8').split('\n')
    const ours = lines.flatMap(line => /^\d+ +(\w+)\([^"]*"(\/[^"]*)"/.exec(line)?.slice(1, 3) ?? [])
    const touched = ours.filter(path => path.startsWith(`${home}/`))
    expect(touched).toEqual([join(home, 'state', 'vault.json'), join(home, 'state', 'records')])
    expect(lines.filter(line => line.includes('connect('))).toEqual([])
    expect(lines.filter(line => line.includes('execve('))).toHaveLength(1)
  })

  test.each([
    ['nothing is typed', []],
    ['what is no line', ['x', '--', '']],
    ['a command that is none', ['2', 'nosuch', '']],
    ['an option that is none', ['3', 'status', '--nosuch', '']],
    ['an account of a vault that is not there', ['2', 'renew', 'ebay:']],
  ])('%s: it ends with 0 and complains of nothing', async (_, words) => {
    const run = await tokenctl(['__complete', ...words], { home: '/nonexistent', stdin: 'closed' })
    expect(run).toMatchObject({ status: 0, stderr: '' })
  })
})

/** Some shells add the blank after a word only when the next is typed. */
function trimmedEnd(shown: RegExp): RegExp {
  return new RegExp(shown.source.replace(/ \$$/, ' *$'), shown.flags)
}
