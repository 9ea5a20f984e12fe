/** `tokenctl completion`: each script is one that its shell can read, and asks the program and nothing else. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { completionRun, type Shell } from '../../../src/cli/commands/completion.ts'
import { hasProgram } from '../../support/needed-program.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { testWorld } from '../../support/world.ts'

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish', 'powershell']

async function script(shell: Shell): Promise<string> {
  const world = await testWorld()
  expect(await completionRun({ shell }, world)).toBe(0)
  return world.terminal.shown.out
}

describe.each(SHELLS)('%s', shell => {
  test('asks `tokenctl __complete`, and has nothing of the line evaluated', async () => {
    const text = await script(shell)
    expect(text).toMatch(/__complete/)
    // The comment at its head tells how it is installed.
    expect(text.replace(/^#.*$/gm, '')).not.toMatch(/\beval\b|Invoke-Expression/)
    expect(text).toMatch(/^[\x20-\x7e\n…]+$/)
    expect(text.endsWith('\n')).toBe(true)
  })
})

describe.each(['bash', 'zsh', 'fish'] as const)('%s', shell => {
  test.skipIf(!hasProgram(shell))('reads it without a complaint', async () => {
    const file = join(temporaryHome(), 'script')
    writeFileSync(file, await script(shell))
    const run = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' })
  })
})

test('PowerShell’s, letter for letter: no machine of ours can press it', async () => {
  const golden = join(import.meta.dirname, 'goldens', 'completion.ps1.txt')
  expect(await script('powershell')).toBe(readFileSync(golden, 'utf8'))
})
