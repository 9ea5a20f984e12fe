/** docs/scripts.md, held against the program: its commands are run, and what it calls a contract is what the code does. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCodesPage } from '../src/cli/exit.ts'
import { namedAccountOf, variableNames } from '../src/cli/scripts/variable-names.ts'
import { tokenSchema } from '../src/cli/shapes/token-shape.ts'
import { type ErrorCode, TokenctlError } from '../src/errors.ts'
import { findMarketplace } from '../src/marketplaces/registry.ts'
import { hasProgram } from './support/needed-program.ts'
import { connectedHome, newestToken, shop, simulated } from './support/simulator.ts'
import { temporaryHome } from './support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, tokenctl } from './support/tokenctl.ts'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'scripts.md'), 'utf8')
const fences = (language: string) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(each => each[1] === language)
    .map(each => each[2] ?? '')

/** Whether the line with curl cannot be typed here. In CI it must be. */
function curlMissing(): boolean {
  const missing = spawnSync('curl', ['--version']).status !== 0
  if (missing && process.env['CI'] === 'true') throw new Error('curl must be installed in CI.')
  return missing
}

/** A PATH on which `tokenctl` is, as `npm link` makes it. */
function pathToTokenctl(): string {
  const bin = temporaryHome()
  writeFileSync(join(bin, 'tokenctl'), `#!/bin/sh\nexec '${NODE}' '${BIN}' "$@"\n`)
  chmodSync(join(bin, 'tokenctl'), 0o755)
  symlinkSync(NODE, join(bin, 'node'))
  return `${bin}${delimiter}${process.env['PATH'] ?? ''}`
}

test('its commands, typed into one shell', async context => {
  context.skip(curlMissing(), 'curl is not installed')
  const accounts = ['ebay:main', 'ebay:outlet', 'amazon:main']
  const simulator = await simulated(accounts.map(account => shop(account, 20, 365)))
  const home = await connectedHome(simulator)
  const env = { EBAY_API: simulator.origin, PATH: pathToTokenctl() }
  const lines = fences('sh').join('\n')
  expect(lines.match(/^tokenctl (token|exec) /gm)?.length).toBeGreaterThan(5)
  const child = spawn('sh', ['-eu', '-c', lines], { env: environmentOf({ home, env }) })
  child.stdin.end()
  const { status, stdout, stderr } = await ended(child)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const token = newestToken(simulator, 'ebay:main')
  expect(stdout.split('\n')[0]).toBe(token)
  expect(stdout).toContain('"orderId"')
  expect(stdout).toMatch(/\d{4}-\d\d-\d\dT.*Z$/m)
})

test('the exit statuses are those of the program, and the codes that it names are of theirs', () => {
  const [, table = ''] = /^\| exit \|.*?\n\| ---.*?\n(.*?)\n\n/ms.exec(text) ?? []
  const rows = [...table.matchAll(/^\| (\d+) \|(.*)$/gm)].map(([, status, words]) => [Number(status), words])
  const own = [...exitCodesPage().matchAll(/^ *(\d+) {2}/gm)].map(([, status]) => Number(status))
  expect(rows.map(([status]) => status)).toEqual(own)
  const named = rows.flatMap(([status, words]) =>
    [...String(words).matchAll(/\(([A-Z_]+)\)/g)].map(([, code]) => [code, status]),
  )
  expect(named.length).toBeGreaterThan(1)
  for (const [code, status] of named) expect(new TokenctlError(code as ErrorCode, '').exit).toBe(status)
})

test('the field of --json, taken by jq: the token, or nothing and its status', async context => {
  const [, line = ''] = /`(tokenctl token [^`]* \| jq [^`]*)`/.exec(text) ?? []
  const [, , status] = /(prints nothing and ends with) (\d+)/.exec(text) ?? []
  context.skip(!hasProgram('jq'), 'jq is not installed')
  const simulator = await simulated([shop('ebay:main', 20, 547)])
  const home = await connectedHome(simulator)
  const typed = () =>
    ended(spawn('sh', ['-c', line], { env: environmentOf({ home, env: { PATH: pathToTokenctl() } }) }))
  expect(await typed()).toMatchObject({ status: 0, stdout: `${newestToken(simulator, 'ebay:main')}\n` })
  await tokenctl(['accounts', 'remove', 'ebay:main', '--yes'], { home })
  expect(await typed()).toEqual({ status: Number(status), signal: null, stdout: '', stderr: '' })
})

test('the document of --json is one', () => {
  const [json = ''] = fences('json')
  expect(tokenSchema.parse(JSON.parse(json)).type).toBe('bearer')
})

describe('the names of the variables', () => {
  const [, table = ''] = /^\| on the line .*?\n\| ---.*?\n(.*?)\n\n/ms.exec(text) ?? []
  const rows = table.split('\n').map(row => row.split('|').map(cell => cell.trim()))
  test('there are some', () => expect(rows.length).toBeGreaterThan(4))

  test.each(rows.map(([, line = '', names = '']) => [line, names] as const))('%s: %s', (line, names) => {
    const words = line.replaceAll('`', '').split(' ')
    const given = words.filter(word => word.includes('=')).map(namedAccountOf)
    const accounts = words.filter(word => /^\w+:/.test(word))
    const said = [...names.replace(/, and no .*/, '').matchAll(/`(\w+)`/g)].map(match => match[1])
    const made = variableNames(accounts, given).map(({ name }) => name)
    expect([...made].sort()).toEqual([...said].sort())
  })
})

test('the margins are those of the marketplaces', () => {
  const minutes = ['ebay', 'amazon', 'aliexpress'].map(id => findMarketplace(id).renewBeforeSeconds / 60)
  const [, ...said] = /margin: (\d+) minutes? at eBay, (\d+) at Amazon, (\d+) at AliExpress/.exec(text) ?? []
  expect(said.map(Number)).toEqual(minutes)
})
