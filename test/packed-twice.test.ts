/**
 * Who checks out the same commit has the same tarball, byte for byte: in another folder, under another umask, in another
 * time zone and, where `faketime` is there, in another year.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasProgram } from './support/needed-program.ts'

const ROOT = join(import.meta.dirname, '..')
// Inside a tarball of the sources there is no commit whose date the manual page could bear.
const isCheckout = hasProgram('git') && execGit(['rev-parse', '--is-inside-work-tree']) === 'true'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenctl-packed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function execGit(words: readonly string[]): string {
  try {
    return execFileSync('git', words, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    // No repository, or one of somebody else.
    return ''
  }
}

/** Builds and packs this tree, with what is not committed yet, in a folder of its own; the bytes' sum, file by file. */
function pack(place: string, umask: number, surroundings: readonly string[]) {
  const tree = join(folder, place)
  mkdirSync(tree, { recursive: true })
  execFileSync('git', ['clone', '--quiet', '--no-checkout', ROOT, tree])
  for (const path of execGit(['ls-files', '-co', '--exclude-standard']).split('\n')) copy(path, tree, umask)
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  const run = `umask ${umask.toString(8)}; npm run --silent build && npm pack --silent --ignore-scripts`
  const made = execFileSync('env', [...surroundings, 'sh', '-c', run], { cwd: tree, encoding: 'utf8' })
  const tarball = join(tree, made.trim())
  const list = execFileSync('tar', ['-tvzf', tarball], { encoding: 'utf8' })
  return { list, sum: createHash('sha256').update(readFileSync(tarball)).digest('hex') }
}

/** As git would lay it out: of a file's mode it keeps whether it can be run. */
function copy(path: string, tree: string, umask: number): void {
  const to = join(tree, path)
  const mode = statSync(join(ROOT, path)).mode & 0o100 ? 0o777 : 0o666
  mkdirSync(dirname(to), { recursive: true })
  cpSync(join(ROOT, path), to)
  chmodSync(to, mode & ~umask)
}

test.runIf(isCheckout)('npm pack gives the same bytes for everybody', { timeout: 300_000 }, () => {
  const later = hasProgram('faketime') ? ['faketime', '-f', '+400d'] : []
  const one = pack('one', 0o022, ['TZ=UTC'])
  const other = pack('another/and longer', 0o077, ['TZ=Pacific/Kiritimati', 'LC_ALL=C', ...later])
  expect(other.list).toBe(one.list)
  expect(other.sum).toBe(one.sum)
  expect(one.list).toMatch(/^-rw-r--r-- .* package\/dist\/main\.cjs$/m)
})
