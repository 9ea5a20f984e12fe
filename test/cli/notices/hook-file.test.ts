/** `hooks.json`: checked whole, changed under a lock, and never guessed at. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changeHooks, parseHooks } from '../../../src/cli/notices/hook-file.ts'
import type { World } from '../../../src/cli/world.ts'
import { noticeWorld } from '../../support/notice-world.ts'

const PATH = '/home/x/hooks.json'
const HOOK = { id: 1, when: 'after' as const, command: ['/bin/true'], timeoutSeconds: 30 }
const file = (given: object) => JSON.stringify({ version: 1, next: 2, hooks: [HOOK], ...given })

test('without a file there are none', () => {
  expect(parseHooks(undefined, PATH)).toEqual({ version: 1, next: 1, hooks: [] })
})

test('a good one is read', () => {
  expect(parseHooks(file({}), PATH).hooks).toEqual([HOOK])
})

describe('a bad one is an error that names the file, and no value of it', () => {
  test.each<[string, string, RegExp]>([
    ['no JSON', '{"version":1', /is not in shape\./],
    ['empty', '', /is not in shape\./],
    ['an unknown time', file({ hooks: [{ ...HOOK, when: 'CNRY' }] }), /hooks\.0\.when/],
    ['no program', file({ hooks: [{ ...HOOK, command: [] }] }), /hooks\.0\.command/],
    ['a shell line', file({ hooks: [{ ...HOOK, command: '/bin/sh -c CNRY' }] }), /hooks\.0\.command/],
    ['no time at all', file({ hooks: [{ ...HOOK, timeoutSeconds: 0 }] }), /timeoutSeconds/],
    ['a day', file({ hooks: [{ ...HOOK, timeoutSeconds: 86_400 }] }), /timeoutSeconds/],
    ['a field that nobody knows', file({ hooks: [{ ...HOOK, shell: true }] }), /hooks\.0/],
    ['a newer one', file({ version: 2 }), /newer tokenctl \(version 2\)/],
    ['nested too deeply', '['.repeat(100_000), /is not in shape/],
  ])('%s', (_, text, words) => {
    const read = () => parseHooks(text, PATH)
    expect(read).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringMatching(words) }),
    )
    expect(read).toThrow(expect.objectContaining({ message: expect.stringContaining(PATH) }))
    expect(read).not.toThrow(/CNRY/)
  })
})

describe('a change', () => {
  function start() {
    const { world, home } = noticeWorld('2026-11-22T06:00:00Z')
    const path = join(home, 'hooks.json')
    const hookText = () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
    return { world: { ...world, hookText } as World, path }
  }

  test('is written whole, in a private file, over what is there at that moment', async () => {
    const { world, path } = start()
    for (const id of [1, 2])
      await changeHooks(
        before => ({ ...before, next: id + 1, hooks: [...before.hooks, { ...HOOK, id }] }),
        world,
      )
    expect(parseHooks(readFileSync(path, 'utf8'), path).hooks.map(({ id }) => id)).toEqual([1, 2])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('that throws changes nothing', async () => {
    const { world, path } = start()
    const change = () => {
      throw new Error('no')
    }
    await expect(changeHooks(change, world)).rejects.toThrow('no')
    expect(existsSync(path)).toBe(false)
  })
})
