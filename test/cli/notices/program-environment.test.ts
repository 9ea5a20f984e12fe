/** What a hook's program is given: the variables that the page lists, and no other of ours. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CALL_VARIABLES, programEnvironment } from '../../../src/cli/notices/program-environment.ts'

test('each variable is always there, empty where it is unknown', () => {
  const env = programEnvironment(
    { event: 'before', facts: null, count: 2, text: '' },
    { env: {}, run: '0123abcd' },
  )
  expect(env).toMatchObject({ TOKENCTL_EVENT: 'before', TOKENCTL_COUNT: '2', TOKENCTL_ACCOUNT: '' })
  expect(Object.keys(env).filter(name => name.startsWith('TOKENCTL_'))).toEqual([...CALL_VARIABLES])
})

test('docs/unattended.md lists each of them, and none that is not given', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/unattended.md'), 'utf8')
  const listed = /^They get the facts as variables,.*?No token:/ms.exec(page)?.[0] ?? ''
  const names = [...listed.matchAll(/`(TOKENCTL_[A-Z_]+)`/g)].map(([, name]) => name)
  expect(names.sort()).toEqual([...CALL_VARIABLES].sort())
})
