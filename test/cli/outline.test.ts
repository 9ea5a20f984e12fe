/** The general help is the same, made of the commands or of their outline. */
import { expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'

test.each([40, 80, 120])('at %i columns', async columns => {
  const helps = await Promise.all(
    [['help'], ['--help'], ['-h']].map(async line => {
      const program = await buildProgram(async () => {}, line)
      program.configureOutput({ getOutHelpWidth: () => columns })
      return program.helpInformation()
    }),
  )
  expect(new Set(helps)).toEqual(new Set([helps[0]]))
  expect(helps[0]).toMatch(/^ {2}status \[options\] \[account\.\.\.\] /m)
})
