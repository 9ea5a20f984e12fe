/** `npm run lint` and `format`: no file of ours is left out of them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '..')
/** What is made or fetched, and what git keeps. */
const NOT_OURS = ['.git', 'node_modules', 'dist', 'coverage']

const isCode = (path: string) => /\.[cm]?[jt]s$/.test(path)
const entries = readdirSync(ROOT, { withFileTypes: true }).filter(({ name }) => !NOT_OURS.includes(name))
const withCode = entries
  .filter(entry =>
    entry.isDirectory()
      ? readdirSync(join(ROOT, entry.name), { recursive: true, encoding: 'utf8' }).some(isCode)
      : isCode(entry.name),
  )
  .map(({ name }) => name)

test.each(['lint', 'format'] as const)('%s reads every folder with code in it', script => {
  expect(withCode).toContain('.ci')
  expect(packageJson.scripts[script].split(' ')).toEqual(expect.arrayContaining(withCode))
})
