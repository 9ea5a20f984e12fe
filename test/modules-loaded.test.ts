/**
 * What each command loads, by name. A start is paid for by every run of every person, and a module costs its time whether it
 * is used or not: what is not in a command's list does not belong there, or is a decision with a figure (docs/performance.md,
 * docs/dependencies.md). The lists: `modules-loaded/`. No row needs a person, a keychain, a database or anything outside.
 */
import type { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { CHANGING } from './modules-loaded/changing.ts'
import type { Row } from './modules-loaded/groups.ts'
import { type Homes, makeHomes, PROGRAM } from './modules-loaded/homes.ts'
import { READING } from './modules-loaded/reading.ts'
import { RENEWING_ROWS } from './modules-loaded/renewing.ts'
import { loadedBy } from './support/loaded-modules.ts'

const ROWS: readonly Row[] = [...READING, ...RENEWING_ROWS, ...CHANGING]
let homes: Homes

beforeAll(async () => {
  homes = await makeHomes()
})
afterAll(() => homes?.close())

const wordsOf = (line: string) => line.split(' ').flatMap(word => (word === 'PROGRAM' ? PROGRAM : [word]))

const CASES = ROWS.map(
  ([line, home, kibibytes, loads, more = {}]) => [line, home, kibibytes, loads, more] as const,
)

test.concurrent.each(CASES)('tokenctl %s, home: %s', async (line, home, kibibytes, loads, more) => {
  const { ends, input } = more
  const { names, bytes, why } = await loadedBy(wordsOf(line), {
    home: homes.copy(home),
    // Else the machine's own schedules would be looked into.
    ...(/^(schedule|doctor)/.test(line) && { env: { PATH: homes.programs } }),
    ...(input !== undefined && { input: typeof input === 'string' ? input : input(homes.simulator) }),
    ...(ends !== undefined && { ends }),
  })
  const command = `\`tokenctl ${line}\``
  const meant = loads.join(' ').split(' ')
  const crept = names.filter(name => !meant.includes(name))
  expect(crept, crept.map(name => `${command} loads ${name}:\n    ${why(name)}`).join('\n')).toEqual([])
  // What is not loaded any more leaves its list.
  const gone = meant.filter(name => !names.includes(name))
  expect(gone, `what ${command} does not load`).toEqual([])
  expect(bytes / 1024, `KiB that ${command} loads`).toBeLessThanOrEqual(kibibytes)
})

test('what a command loads is known by name, with the way to it', async () => {
  const { why } = await loadedBy(['status'], { home: homes.copy('one') })
  const way = why('npm:date-fns').split('\n    -> ')
  expect(way[0]).toBe('src/cli/main.ts')
  expect(way[1]).toMatch(/^src\/.*\.ts$/)
  expect(way.at(-1)).toMatch(/node_modules\/date-fns\/.*\n {4}\(asked for in main\)$/)
  expect(why('status')).toMatch(/^src\/cli\/main\.ts\n {4}-> src\/.*\.ts\n {4}\(asked for in main\)$/)
})

// The general help, which is the same list (test/cli/outline.test.ts), and what stands below it.
test('every command has a row, and every format and shell', async () => {
  const program = await buildProgram(async () => {}, ['help'])
  const lines = ROWS.map(([line]) => `${line} `)
  const wanted = program.commands.flatMap(command => runs(command))
  expect(wanted.length).toBeGreaterThan(program.commands.length)
  expect(wanted.filter(words => !lines.some(line => line.startsWith(`${words} `)))).toEqual([])
})

/** What can be typed of a command, as far as it decides what is loaded. */
function runs(command: Command, before = ''): readonly string[] {
  const words = `${before}${command.name()}`
  if (command.commands.length > 0) return command.commands.flatMap(child => runs(child, `${words} `))
  const shells = words === 'completion' ? command.registeredArguments[0]?.argChoices : undefined
  const formats = command.options.find(({ long }) => long === '--format')?.argChoices
  return [
    words,
    ...(shells ?? []).map(shell => `${words} ${shell}`),
    ...(formats ?? []).map(format => `${words} --format ${format}`),
  ]
}
