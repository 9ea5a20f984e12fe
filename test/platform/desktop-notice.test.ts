/** Notices on the screen: what each system's program is given, and what is said where it is missing or fails. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { showOnDesktop } from '../../src/platform/desktop-notice.ts'
import type { ProgramCall, ProgramEnd } from '../../src/platform/run-program.ts'
import { createPrograms } from '../../src/platform/run-program.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const NOTICE = { title: '-tokenctl', text: 'ebay:main <b>&</b> $(id); "q"', urgent: true }

/** A folder with programs of these names, which do nothing. */
function folderWith(...names: string[]): string {
  const folder = join(temporaryHome(), 'bin')
  mkdirSync(folder)
  for (const name of names) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 })
  return folder
}

async function show(platform: NodeJS.Platform, env: Record<string, string>, end?: ProgramEnd) {
  const calls: ProgramCall[] = []
  const run = async (call: ProgramCall) => {
    calls.push(call)
    return end ?? { how: 'ended' as const, status: 0, signal: null, output: '' }
  }
  await showOnDesktop(NOTICE, { run }, { platform, env, timeoutMs: 1000 })
  return calls[0]
}

describe('each system has a program of its own', () => {
  test('Linux: the texts are arguments after `--`, the body without markup', async () => {
    const PATH = folderWith('notify-send')
    const call = await show('linux', { PATH: `relative:${PATH}`, DISPLAY: ':0' })
    expect(call?.command).toEqual([
      join(PATH, 'notify-send'),
      '--app-name=tokenctl',
      '--urgency=critical',
      '--',
      '-tokenctl',
      'ebay:main &lt;b&gt;&amp;&lt;/b&gt; $(id); "q"',
    ])
    expect(call?.env).toEqual({ PATH: `relative:${PATH}`, DISPLAY: ':0' })
  })

  test('macOS: the script is fixed, the texts are its arguments', async () => {
    const PATH = folderWith('osascript')
    const command = (await show('darwin', { PATH }))?.command ?? []
    expect(command.slice(-2)).toEqual([NOTICE.title, NOTICE.text])
    expect(command.slice(1, -2).join(' ')).toBe(
      '-e on run argv -e display notification (item 2 of argv) with title (item 1 of argv) -e end run',
    )
  })

  test('Windows: the script is fixed, the texts are variables', async () => {
    const PATH = folderWith('powershell.exe')
    const call = await show('win32', { PATH })
    expect(call?.command.join(' ')).not.toContain('ebay:main')
    expect(call?.env).toMatchObject({ TOKENCTL_TITLE: NOTICE.title, TOKENCTL_TEXT: NOTICE.text })
  })
})

test('where there is no such program, or no screen, it is said', async () => {
  await expect(show('linux', { PATH: folderWith() })).rejects.toMatchObject({
    code: 'NOTICE_FAILED',
    message: 'There is no notify-send in the folders of PATH.',
    fix: expect.stringContaining('libnotify-bin'),
  })
  for (const platform of ['darwin', 'win32'] as const)
    await expect(show(platform, { PATH: folderWith() })).rejects.toMatchObject({
      fix: expect.not.stringContaining('Debian'),
    })
  const ends: [ProgramEnd, RegExp][] = [
    [{ how: 'ended', status: 1, signal: null, output: 'Cannot autolaunch D-Bus' }, /ended with 1\./],
    [{ how: 'timed-out', output: '' }, /did not end in time\./],
  ]
  for (const [end, words] of ends) {
    await expect(show('linux', { PATH: folderWith('notify-send') }, end)).rejects.toMatchObject({
      code: 'NOTICE_FAILED',
      message: expect.stringMatching(words),
      fix: expect.stringMatching(/logged in/),
    })
  }
  const reason = '/bin/notify-send can be written by others than its owner.'
  await expect(
    show('linux', { PATH: folderWith('notify-send') }, { how: 'refused', reason, output: '' }),
  ).rejects.toMatchObject({ code: 'NOTICE_FAILED', message: reason })
})

test('a program that is run for real gets the texts as they are', async () => {
  const folder = folderWith()
  const out = join(folder, 'out')
  writeFileSync(join(folder, 'notify-send'), `#!/bin/sh\nprintf '%s\\n' "$@" > ${out}\n`, { mode: 0o755 })
  const env = { PATH: `${folder}:/usr/bin:/bin` }
  await showOnDesktop(NOTICE, createPrograms(), { platform: 'linux', env, timeoutMs: 20_000 })
  const { readFileSync } = await import('node:fs')
  expect(readFileSync(out, 'utf8').split('\n').slice(2, 5)).toEqual([
    '--',
    '-tokenctl',
    'ebay:main &lt;b&gt;&amp;&lt;/b&gt; $(id); "q"',
  ])
})
