import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../../src/cli/program.ts'
import { commandLine } from '../../../src/cli/scripts/command-line.ts'

/** What the parser makes of a line, and what that is taken apart into. */
async function parted(line: string) {
  const typed = line.split(' ')
  const program = await buildProgram(async () => {}, typed)
  program.exitOverride()
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} })
  await program.parseAsync(typed, { from: 'user' })
  return commandLine(program.commands[0]?.args ?? [], typed)
}

describe('accounts and command', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['exec ebay -- true', ['ebay'], ['true']],
    ['exec ebay amazon:eu -- sh -c x', ['ebay', 'amazon:eu'], ['sh', '-c', 'x']],
    ['exec ebay --min-valid 5m -- a --min-valid 9m', ['ebay'], ['a', '--min-valid', '9m']],
    ['exec --env A=ebay -- a --env --help -- -- b', [], ['a', '--env', '--help', '--', '--', 'b']],
    // The second is the command's own.
    ['exec ebay -- -- a', ['ebay'], ['--', 'a']],
    ['exec ebay -- ebay', ['ebay'], ['ebay']],
    // The parser takes the first for the option's value, which is then refused as such.
    ['exec ebay --min-valid -- a', ['ebay'], ['a']],
  ])('%s', async (line, words, command) => {
    expect(await parted(line)).toEqual({ words, command })
  })

  test.each(['-- exec ebay -- true', '-- exec ebay true'])(
    '%s: the `--` stands in the wrong place',
    async line => {
      await expect(parted(line)).rejects.toMatchObject({
        code: 'USAGE',
        message: 'A `--` stands before `exec`.',
      })
    },
  )

  test.each(['exec ebay true', 'exec ebay', 'exec ebay --', 'exec'])('%s: no command', async line => {
    await expect(parted(line)).rejects.toMatchObject({ code: 'USAGE', fix: expect.stringContaining('`--`') })
  })
})
