/** The manual page: mandoc has nothing to say against it, and everything of `--help` stands in it. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../../src/cli/program.ts'
import { manualPage } from '../../../src/cli/published/manual.ts'
import { FILES, VARIABLES } from '../../../src/cli/published/manual-facts.ts'
import { asIs, entry, filled, heading } from '../../../src/cli/published/roff.ts'
import { ERROR_CODES } from '../../../src/errors.ts'
import { hasProgram } from '../../support/needed-program.ts'

const SRC = join(import.meta.dirname, '../../../src')
const noMandoc = !hasProgram('mandoc')

const program = await buildProgram(async () => {})
const page = manualPage(program, '2026-11-23')

function mandoc(args: readonly string[], input: string) {
  return spawnSync('mandoc', [...args], { input, encoding: 'utf8' })
}

/** The page as it is read, on one line, without the overstriking that makes it bold. */
function shown(source: string): string {
  const { stdout } = mandoc(['-T', 'utf8', '-O', 'width=1000'], source)
  return stdout.replace(/.\u0008/gu, '').replace(/\s+/g, ' ')
}

describe.skipIf(noMandoc)('by mandoc', () => {
  test('not so much as a warning', () => {
    const { status, stdout, stderr } = mandoc(['-T', 'lint', '-W', 'warning'], page)
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
  })

  test('every command, argument and option, with what its help says of it', () => {
    const text = shown(page)
    const plain = (words: string) => words.replaceAll('`', '').replace(/\s+/g, ' ')
    const every = program.commands.flatMap(command =>
      command.commands.length === 0 ? [command] : command.commands,
    )
    expect(every.length).toBeGreaterThan(30)
    for (const command of every) {
      const help = command.createHelp()
      expect(text).toContain(help.commandUsage(command))
      expect(text).toContain(plain(command.description()))
      for (const option of command.options)
        expect(text).toContain(plain(`${help.optionTerm(option)} ${help.optionDescription(option)}`))
      for (const argument of help.visibleArguments(command))
        expect(text).toContain(plain(`${help.argumentTerm(argument)} ${help.argumentDescription(argument)}`))
      let whole = ''
      const writeOut = (more: string) => {
        whole += more
      }
      command.configureOutput({ writeOut }).outputHelp()
      for (const [, line = ''] of whole.matchAll(/^ {2}(\$ .*)$/gm)) expect(text).toContain(plain(line))
    }
  })

  test('exit statuses, every error code, variables and files', () => {
    const text = shown(page)
    for (const code of Object.keys(ERROR_CODES)) expect(text).toContain(code)
    for (const [name] of [...VARIABLES, ...FILES]) expect(text).toContain(name)
    expect(text).toMatch(/^TOKENCTL\(1\) User Commands TOKENCTL\(1\) NAME tokenctl - keeps /)
  })

  test.each([
    '.so /etc/passwd',
    "'de x",
    '\\n(.x \\fBbold\\fR \\*(Tm \\e',
    '--json - a-b ^ ~ ` \' "',
    'a\n.TH x\n.so y',
    '\u001b[31m red \u009b é … 語 👟',
    '.',
    '\\',
  ])('what is in a description is text and nothing else: %j', hostile => {
    const words = hostile.replace(/[\p{Cc}\s]+/gu, ' ').trim()
    const made = new Command('tokenctl').description('Does.').version('1.0.0').exitOverride()
    made
      .command('run')
      .description(`${hostile} ${hostile}.`)
      .option('--x <y>', hostile)
      .addHelpText('after', `\nExamples:\n  $ ${hostile.replaceAll('\n', ' ')}\n`)
    const source = manualPage(made, '2026-11-23')
    expect(mandoc(['-T', 'lint', '-W', 'warning'], source).stdout).toBe('')
    expect(shown(source)).toContain(
      words.replaceAll('`', words.match(/`/g)?.length === 1 ? '`' : '').replace(/\s+/g, ' '),
    )
  })

  test('of any text', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(texts, words => {
        const any = words
          .join(' ')
          .replace(/[\p{Cc}\p{Cf}\p{Zs}\p{M}`]+/gu, ' ')
          .replace(/\s+/g, ' ')
        // The page's own head and foot hold a bracket and a date; they hold no such word.
        const text = `zq ${any.trim()}`.trim()
        const source = `.TH T 1 "2026-11-23"\n${heading('SH', 'NAME')}t \\- t\n${heading('SH', 'A')}${filled(text)}${entry(text, text)}${asIs(text)}`
        const back = shown(source)
        expect(back.split(text).length - 1).toBe(4)
      }),
      { numRuns: 40 },
    )
  })
})

test('every variable that the sources read stands in it, or is nobody’s to set', () => {
  const notForPeople = [
    'HOME',
    'PATH',
    'NODE_OPTIONS',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'SUDO_USER',
    'SystemRoot',
  ]
  const windows = ['LOCALAPPDATA', 'WT_SESSION', 'XDG_DATA_HOME', 'TOKENCTL_EVENT']
  const read = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('simulator'))
    .flatMap(path => [...readFileSync(join(SRC, path), 'utf8').matchAll(/\benv\['(\w+)'\]/gi)])
    .map(([, name = '']) => name)
  const told = VARIABLES.flatMap(([names]) => names.split(', '))
  expect(read.length).toBeGreaterThan(20)
  expect([...new Set(read)].filter(name => ![...notForPeople, ...windows, ...told].includes(name))).toEqual(
    [],
  )
})
