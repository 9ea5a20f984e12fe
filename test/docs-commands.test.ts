/**
 * The commands of the pages that have no test of their own, typed into a shell: every line is one that a shell reads to its
 * end, and every `tokenctl` in it has words that are known. Nothing of it acts: the programs on the PATH are stand-ins.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { temporaryHome } from './support/temporary-home.ts'
import { NODE } from './support/tokenctl.ts'

const PAGES = [
  'doctor',
  'fleet',
  'json',
  'many-accounts',
  'moving',
  'moving-store',
  'notifications',
  'unattended',
]

const fencesOf = (page: string) => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', `${page}.md`), 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', body = '']) => ({
    language,
    body,
  }))
}

/** Programs that the pages call beside tokenctl, as far as a line needs them to go on. */
const OTHERS = {
  'age-keygen': ':',
  aws: 'echo {}',
  jq: 'echo handle',
  npm: 'echo /usr/lib/node_modules',
  npx: ':',
  ssh: 'shift; exec "$@"',
}

/** What each `tokenctl` of some lines was called with, as the shell made it. */
function calls(lines: string): readonly (readonly string[])[] {
  const folder = temporaryHome()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const said = join(folder, 'said')
  const note = join(folder, 'note.cjs')
  const line = "JSON.stringify(process.argv.slice(2)) + '\\n'"
  writeFileSync(note, `require('node:fs').appendFileSync(${JSON.stringify(said)}, ${line})`)
  const programs = { ...OTHERS, tokenctl: `exec '${NODE}' '${note}' "$@"` }
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  for (const file of ['notification.json', 'message.json']) writeFileSync(join(folder, file), '')
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: folder, QUEUE: 'queue' }
  const run = spawnSync('sh', ['-eu', '-c', lines], { cwd: folder, env, encoding: 'utf8' })
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' })
  if (!existsSync(said)) return []
  return readFileSync(said, 'utf8')
    .trimEnd()
    .split('\n')
    .map(each => JSON.parse(each) as string[])
}

describe.each(PAGES)('docs/%s.md', page => {
  const lines = fencesOf(page)
    .filter(({ language }) => language === 'sh')
    .map(({ body }) => body)
    .join('\n')

  test('its commands are lines of a shell, and tokenctl knows their words', async () => {
    const typed = calls(lines)
    expect(typed).toHaveLength(lines.match(/(?<![\w/.-])tokenctl [a-z-]/g)?.length ?? 0)
    for (const words of typed) {
      let ran = 0
      const program = await buildProgram(async () => {
        ran += 1
      })
      await program.parseAsync([...words], { from: 'user' })
      expect([words, ran]).toEqual([words, 1])
    }
  })

  test('what is to be typed as it stands is called so', () => {
    const unnamed = fencesOf(page).filter(({ language, body }) => language === '' && /^tokenctl /m.test(body))
    expect(unnamed).toEqual([])
  })
})

test('docs/json.md: the checker gets every package that the line makes use of', () => {
  const [{ body } = { body: '' }] = fencesOf('json')
  const packages = [...body.matchAll(/--package=(\S+)/g)].map(([, name]) => name)
  const [, formats] = /-c (\S+)/.exec(body) ?? []
  expect(packages).toEqual(expect.arrayContaining(['ajv-cli', formats]))
  // `ajv-cli` alone would be asked for a program of its own name, and has none.
  expect(body).toMatch(/ -- ajv validate /)
})
