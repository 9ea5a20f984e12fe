/** Hooks that could not be called, found before they are to be; and none is called for it. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Broken, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, soundHome } from '../../support/doctor-world.ts'
import { namedProgram } from '../../support/named-program.ts'

function addHooks(home: string, ...paths: readonly string[]): void {
  addHooksOf('after', home, ...paths)
}

function addHooksOf(when: string, home: string, ...paths: readonly string[]): void {
  const hooks = paths.map((path, index) => ({
    id: index + 1,
    when,
    command: [path, '--shop'],
    timeoutSeconds: 30,
  }))
  writeFileSync(join(home, 'hooks.json'), JSON.stringify({ version: 1, next: 99, hooks }), { mode: 0o600 })
}

describe('a hook whose program', () => {
  const found = ['hooks problem']
  testBrokenWorlds({
    'is gone': {
      spoil: home => {
        const path = namedProgram()
        rmSync(path)
        addHooks(home, namedProgram(), path)
      },
      found,
      says: /^The hook 2 \(after\) cannot be run: There is no program /,
      mend: /`tokenctl hooks remove 2`/,
      exit: 3,
    },
    'cannot be run': {
      spoil: home => addHooks(home, namedProgram(0o644)),
      found,
      says: /may not be run by this user/,
      mend: /`tokenctl hooks remove 1`/,
      exit: 3,
    },
    'others can write': {
      spoil: home => addHooks(home, namedProgram(0o757)),
      found,
      says: /can be written by others than its owner: `chmod go-w /,
      mend: /Mend what it says/,
      exit: 3,
    },
    'is in a folder that others can write': {
      spoil: home => addHooks(home, namedProgram(0o755, 0o777)),
      found,
      says: /is in a folder that everybody can write/,
      mend: /Mend what it says/,
      exit: 3,
    },
  } satisfies Readonly<Record<string, Broken>>)
})

describe('a file of hooks that', () => {
  testBrokenWorlds({
    'is not in shape': {
      spoil: home => writeFileSync(join(home, 'hooks.json'), '{"version":1}', { mode: 0o600 }),
      found: ['hooks problem'],
      says: /The hooks of .*hooks\.json cannot be read: it is not in shape/,
      mend: /`tokenctl hooks add`/,
      exit: 3,
    },
  })
})

test('those that may be run: told, and not run', async () => {
  const home = await soundHome()
  const path = namedProgram()
  addHooks(home, path, path)
  const { report, wrong } = await diagnose(home)
  expect(wrong).toEqual([])
  expect(report.findings.find(({ id }) => id === 'hooks')).toMatchObject({
    state: 'ok',
    what: '2 hooks, whose programs may be run.',
  })
  expect(existsSync(join(dirname(path), 'ran'))).toBe(false)
})

describe('calls that are owed, in a notices.json', () => {
  const marks = (home: string, text: string) =>
    writeFileSync(join(stateOf(home), 'notices.json'), text, { mode: 0o600 })
  testBrokenWorlds({
    'of a newer version': {
      spoil: home => {
        addHooksOf('on-recovery', home, namedProgram())
        marks(home, '{"version":2,"told":{}}')
      },
      found: ['hooks problem'],
      says: /newer tokenctl \(version 2\)\. Until tokenctl is updated no hook of a recovery is called\.$/,
      mend: /^Update tokenctl\./,
      exit: 5,
    },
    'that is torn': {
      spoil: home => {
        addHooksOf('on-recovery', home, namedProgram())
        marks(home, 'torn')
      },
      found: ['hooks warning'],
      says: /sets it aside; then hooks of a recovery may be called once more, and those still owed a call are not\.$/,
      mend: /backup/,
      exit: 0,
    },
  })

  test('matter to no hook that comes before', async () => {
    const home = await soundHome()
    addHooksOf('before', home, namedProgram())
    marks(home, '{"version":2,"told":{}}')
    expect((await diagnose(home)).wrong).toEqual([])
  })
})
