/** A program that is missing leaves tests out on a person's machine, and fails them in CI. */
import { expect, test, vi } from 'vitest'
import { hasProgram } from './support/needed-program.ts'

test.each([
  ['true', 'sh', true],
  ['', 'sh', true],
  ['', process.execPath, true],
  ['', 'no-such-program', false],
  ['', '/nonexistent/sh', false],
])('CI=%j: %s is %j', (ci, name, isHere) => {
  vi.stubEnv('CI', ci)
  expect(hasProgram(name)).toBe(isHere)
})

test('in CI one that is missing is no reason to leave anything out', () => {
  vi.stubEnv('CI', 'true')
  expect(() => hasProgram('no-such-program')).toThrow('no-such-program must be installed in CI')
})
