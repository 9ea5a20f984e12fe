/** The house's order, checked on every source file; and the checker itself, on offences made for it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { offences } from './support/architecture.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

describe('the house', () => {
  const files = sources('src')

  it('has files to check', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(files).toContain('src/platform/http.ts')
  })

  it('is in order', () => {
    expect(files.flatMap(path => offences(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
  })
})

describe('the checker', () => {
  const seeded: [what: string, path: string, line: string, offence: RegExp][] = [
    ['tokens → oauth', 'tokens/a.ts', "import { x } from '../oauth/form.ts'", /tokens imports oauth/],
    ['by a type', 'tokens/a.ts', "import type { X } from '../vault/vault.ts'", /tokens imports vault/],
    ['by import()', 'vault/a.ts', "const x = await import('../renewal/plan.ts')", /vault imports renewal/],
    ['by import type', 'vault/a.ts', "type X = import('../renewal/plan.ts').X", /vault imports renewal/],
    ['by export from', 'vault/a.ts', "export { x } from '../renewal/plan.ts'", /vault imports renewal/],
    ['by export *', 'vault/a.ts', "export * from '../cli/main.ts'", /vault imports cli/],
    [
      'marketplaces → vault',
      'marketplaces/ebay/a.ts',
      "import '../../vault/vault.ts'",
      /marketplaces imports vault/,
    ],
    [
      'platform → tokens',
      'platform/a.ts',
      "import type { X } from '../tokens/time.ts'",
      /platform imports tokens/,
    ],
    [
      'platform as a value',
      'renewal/a.ts',
      "import { x } from '../platform/http.ts'",
      /renewal imports platform/,
    ],
    [
      'a value beside a type',
      'renewal/a.ts',
      "import { type X, y } from '../platform/http.ts'",
      /renewal imports platform/,
    ],
    [
      'simulator → marketplaces',
      'simulator/a.ts',
      "import '../marketplaces/ids.ts'",
      /simulator imports marketplaces/,
    ],
    [
      'a command that chooses',
      'cli/commands/a.ts',
      "import { createHttp } from '../../platform/http.ts'",
      /chooses an implementation/,
    ],
    ['anything → cli', 'renewal/a.ts', "import '../cli/main.ts'", /renewal imports cli/],
    ['out of src', 'cli/a.ts', "import '../../test/x.ts'", /from outside src/],
    ['package.json elsewhere', 'vault/a.ts', "import '../../package.json'", /from outside src/],
    ['without extension', 'cli/a.ts', "import './main'", /without its extension/],
    ['not a literal', 'cli/a.ts', 'const x = await import(name)', /only known when it runs/],
    [
      'chalk outside cli',
      'renewal/a.ts',
      "const x = await import('chalk')",
      /renewal imports the package chalk/,
    ],
    [
      'commander outside cli',
      'vault/a.ts',
      "import { Command } from 'commander'",
      /vault imports the package commander/,
    ],
    ['all of zod', 'vault/a.ts', "import * as z from 'zod'", /vault imports the package zod/],
    ['a package nobody named', 'cli/a.ts', "import x from 'left-pad'", /cli imports the package left-pad/],
    ['heavy at the start', 'cli/a.ts', "import chalk from 'chalk'", /imports chalk at the start/],
    ['files in a pure room', 'oauth/a.ts', "import fs from 'node:fs'", /oauth is pure and imports node:fs/],
    ['Date.now', 'renewal/a.ts', 'const x = Date.now()', /Date\.now/],
    ['Date.now as a value', 'renewal/a.ts', 'const x = { now: Date.now }', /Date\.now/],
    ['new Date()', 'renewal/a.ts', 'const x = new Date()', /Date without an argument/],
    ['process.env', 'vault/a.ts', 'const x = process.env', /touches process/],
    ['process handed on', 'vault/a.ts', 'start(process)', /touches process/],
    ['globalThis.process', 'vault/a.ts', 'const x = globalThis.process', /touches process/],
    ['console', 'marketplaces/a.ts', 'console.log(1)', /touches console/],
    ['reveal()', 'renewal/a.ts', 'const x = secret.reveal()', /reveal\(\) \(I2\)/],
    ['reveal?.()', 'cli/a.ts', 'const x = secret?.reveal?.()', /reveal\(\) \(I2\)/],
    ['reveal in a command', 'cli/commands/status.ts', 'secret.reveal()', /reveal\(\) \(I2\)/],
    ['a room that is none', 'stuff/a.ts', '', /"stuff" is no room/],
    ['utils', 'cli/utils.ts', '', /"utils" says nothing/],
    ['helpers as a folder', 'cli/helpers/a.ts', '', /"helpers" says nothing/],
    ['too deep', 'cli/a/b/c.ts', '', /deeper/],
  ]
  it.each(seeded)('finds %s', (_, path, line, offence) => {
    const found = offences(`src/${path}`, `/** What it is for. */\n${line}\n`)
    expect(found.join('\n')).toMatch(offence)
    if (line !== '') expect(found[0]).toMatch(/^src\/[^:]+:2: /)
  })

  it('finds a file that does not say what it is for', () => {
    expect(offences('src/cli/a.ts', 'export const a = 1\n')).toEqual([
      'src/cli/a.ts:1: does not begin with what it is for',
    ])
  })

  const sound: [what: string, path: string, line: string][] = [
    ['platform by its types', 'renewal/a.ts', "import type { Http } from '../platform/http.ts'"],
    ['platform by types one by one', 'renewal/a.ts', "import { type Http } from '../platform/http.ts'"],
    ['errors', 'platform/a.ts', "import { TokenctlError } from '../errors.ts'"],
    ['the world chooses', 'cli/world.ts', "import { systemClock } from '../platform/clock.ts'"],
    ['heavy when needed', 'cli/a.ts', "const x = await import('chalk')"],
    ['heavy by its types', 'cli/a.ts', "import type { ChalkInstance } from 'chalk'"],
    ['a date of a number', 'renewal/a.ts', 'const x = new Date(0)'],
    ['the version, in cli', 'cli/a.ts', "import { version } from '../../package.json'"],
    ['the clock in platform', 'platform/a.ts', 'const x = Date.now()'],
    ['the process in cli', 'cli/a.ts', 'process.exitCode = 1'],
    ['the helper that is a process', 'vault/keychain-helper.ts', 'process.stdin.on("data", f)'],
    ['a property named process', 'renewal/a.ts', 'const x = { process: 1 }.process'],
    ['words in strings and comments', 'renewal/a.ts', "const x = 'process.env Date.now()' // console.log"],
    ['reveal in the vault', 'vault/a.ts', 'secret.reveal()'],
    ['reveal in token', 'cli/commands/token.ts', 'secret.reveal()'],
    ['reveal in what export seals', 'cli/moving/export-document.ts', 'secret.reveal()'],
  ]
  it.each(sound)('lets pass: %s', (_, path, line) => {
    expect(offences(`src/${path}`, `// What it is for.\n${line}\n`)).toEqual([])
  })
})
