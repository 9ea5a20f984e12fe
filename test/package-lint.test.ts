/** What tools of others say about the tarball: how it is published (publint), and what a program's compiler makes of its types. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

const folder = mkdtempSync(join(tmpdir(), 'tokenctl-lint-'))
let tarball: Uint8Array<ArrayBuffer>

beforeAll(() => {
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]
  const name = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  tarball = new Uint8Array(readFileSync(join(folder, name.trim())))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  expect(messages.map(message => formatMessage(message, pkg, { color: false }))).toEqual([])
  expect(pkg?.['name']).toBe('tokenctl')
})

test('the types resolve as the program does, for every program that the library is for', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(tarball))
  if (!analysis.types) throw new Error('The package has no types.')
  // An ES module: `node10` knows no "exports" (no Node that we run on resolves by it), and from CommonJS it is `import()`ed.
  const others = ['node10', 'node16-cjs']
  const isOurs = (kind: string | undefined) => kind === undefined || !others.includes(kind)
  const problems = analysis.problems.filter(problem =>
    isOurs('resolutionKind' in problem ? problem.resolutionKind : undefined),
  )
  expect(problems).toEqual([])
  expect(Object.keys(analysis.entrypoints)).toEqual(
    expect.arrayContaining(['.', './contracts', './schemas/*.json', './package.json']),
  )
  expect(analysis.entrypoints['.']?.resolutions['node16-esm'].resolution?.isTypeScript).toBe(true)
})
