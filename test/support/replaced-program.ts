/**
 * A copy of the built program that can be taken away, or replaced by its next version, while it runs: as `npm install -g`
 * does it, which moves the old folder aside before it puts the new one in its place. And what its runs may say then.
 */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import { temporaryHome } from './temporary-home.ts'
import { BIN, type Run } from './tokenctl.ts'

export interface InstalledProgram {
  /** Its entry, for `bin` of a run. */
  readonly bin: string
  /** Moves all of it away. Nothing when that was done. */
  remove(): void
  /** Moves all of it away and puts its next version there, of which every chunk has another name. Nothing when that was done. */
  replace(): void
}

/** What runs; the rest of the package is texts and types. */
const PARTS = ['main.cjs', 'keychain-helper.cjs', 'browser-helper.cjs', 'chunks', 'shared']

/** Installs one; removed when the test is over. */
export function installedProgram(): InstalledProgram {
  const source = dirname(dirname(realpathSync(BIN)))
  const prefix = temporaryHome()
  const folder = join(prefix, 'tokenctl')
  const old = join(prefix, '.tokenctl-old')
  let isAway = false
  copy(source, folder)
  const remove = () => {
    if (!isAway) renameSync(folder, old)
    isAway = true
  }
  return {
    bin: join(folder, 'bin', 'tokenctl.js'),
    remove,
    replace: () => {
      if (isAway) return
      const next = join(prefix, '.tokenctl-next')
      copy(source, next)
      renameChunks(join(next, 'dist'))
      remove()
      renameSync(next, folder)
    },
  }
}

function copy(source: string, folder: string): void {
  mkdirSync(join(folder, 'dist'), { recursive: true })
  for (const name of ['package.json', 'bin'])
    cpSync(join(source, name), join(folder, name), { recursive: true })
  for (const name of PARTS)
    cpSync(join(source, 'dist', name), join(folder, 'dist', name), { recursive: true })
  symlinkSync(realpathSync(join(source, 'node_modules')), join(folder, 'node_modules'))
}

/** Gives every chunk the name that a change in it would have given. */
function renameChunks(dist: string): void {
  const chunks = join(dist, 'chunks')
  const names = new Map(readdirSync(chunks).map(name => [name, name.replace(/\.cjs$/, '2.cjs')]))
  const paths = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.cjs'))
  for (const path of paths) {
    const text = readFileSync(join(dist, path), 'utf8')
    writeFileSync(
      join(dist, path),
      text.replace(/[\w-]+\.cjs/g, name => names.get(name) ?? name),
    )
  }
  for (const [name, other] of names) renameSync(join(chunks, name), join(chunks, other))
}

/** Nothing of the machinery is shown, and no fault is claimed. */
export function expectPlain(text: string): void {
  expect(text).not.toMatch(/Cannot find module|Require stack|node:internal|\.cjs|BUG|fault in tokenctl/)
}

/** A run that says in two lines what became of its program, and nothing else. */
export function expectReplaced({ status, stdout, stderr }: Run): void {
  expect({ status, stdout }).toEqual({ status: ERROR_CODES.PROGRAM_REPLACED.exit, stdout: '' })
  expect(stderr).toMatch(/^Error: .* \[PROGRAM_REPLACED\]\nFix: Run it again.*\n$/)
}
