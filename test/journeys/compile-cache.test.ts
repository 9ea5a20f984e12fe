/** What V8 made of the program's files, kept in the cache folder: used where it is whole, and no run depends on it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type Run, tokenctl } from '../support/tokenctl.ts'

const COMPILED = join('.cache', 'tokenctl', 'compiled')
const nodeVersion = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim()

let user: string
let home: string
beforeEach(async () => {
  user = temporaryHome()
  home = temporaryHome()
  await run(['config', 'set', 'store', 'file'])
})

const run = (args: readonly string[]): Promise<Run> => tokenctl(args, { home, env: { HOME: user } })
const kept = (): string[] => filesBelow(join(user, COMPILED))

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap(each =>
    each.isFile() ? [join(each.parentPath, each.name)] : [],
  )
}

test('a command that is typed often leaves it, with private modes; the next start says the same', async () => {
  const first = await run(['status'])
  expect(first.status).toBe(0)
  const files = kept()
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(statSync(file).mode & 0o777, file).toBe(0o600)
  const times = files.map(file => statSync(file).mtimeMs)
  expect(await run(['status'])).toEqual(first)
  expect(kept().map(file => statSync(file).mtimeMs)).toEqual(times)
})

test('others leave nothing, nor does whoever wants none', async () => {
  for (const args of [['--version'], ['config', 'path'], ['history']]) await run(args)
  await tokenctl(['status'], { home, env: { HOME: user, NODE_DISABLE_COMPILE_CACHE: '1' } })
  expect(kept()).toEqual([])
})

test('a cache that cannot be written costs nothing but time', async () => {
  writeFileSync(join(user, '.cache'), '')
  expect(await run(['status'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('tokenctl login ebay'),
  })
})

describe('a file of it', () => {
  const ofStatus = () => {
    const file = kept().find(each => /\/status-[^/]+\.cjs$/.test(each))
    if (file === undefined) throw new Error(`nothing is kept of status: ${kept().join(' ')}`)
    return file
  }
  const source = (file: string) =>
    readFileSync(join(dirname(BIN), '..', 'dist', 'chunks', file.split('/').at(-1) ?? ''), 'utf8')

  const DAMAGE: readonly (readonly [string, (file: string, bytes: Buffer) => void])[] = [
    ['one byte is another', (file, bytes) => writeFileSync(file, bytes.fill(0x55, 90_000, 90_001))],
    ['a page of it is zeros', (file, bytes) => writeFileSync(file, bytes.fill(0, 8192, 12288))],
    ['all of it is zeros', (file, bytes) => writeFileSync(file, bytes.fill(0))],
    ['it is half of it', (file, bytes) => truncateSync(file, bytes.length / 2)],
    ['it is cut at an odd byte', file => truncateSync(file, 4097)],
    ['it is empty', file => truncateSync(file, 0)],
    ['it is another text', file => writeFileSync(file, 'aa')],
  ]
  test.each(DAMAGE)('%s: the start goes without, and keeps it anew', async (_, damage) => {
    const first = await run(['status'])
    const file = ofStatus()
    const whole = readFileSync(file)
    damage(file, Buffer.from(whole))
    expect(readFileSync(file).equals(whole)).toBe(false)
    expect(await run(['status'])).toEqual(first)
    const halves = [0, 1].map(half => readFileSync(file).subarray(...cut(file, half)))
    expect(halves[0]?.equals(halves[1] ?? Buffer.alloc(0))).toBe(true)
    expect(statSync(file).size).toBeGreaterThan(100_000)
    expect(readdirSync(dirname(file)).filter(name => !name.endsWith('.cjs'))).toEqual([])
  })
  const cut = (file: string, half: number): [number, number] => {
    const { size } = statSync(file)
    return [(half * size) / 2, ((half + 1) * size) / 2]
  }

  test('what is kept is what runs', async () => {
    await run(['status'])
    const file = ofStatus()
    // V8 takes what was made of another text of this length; a constant of the file's shows whose it is.
    const other = source(file).replaceAll('AliExpress', 'ALIEXPRESS')
    const made = `const vm = require('node:vm'), m = require('node:module')
      process.stdout.write(new vm.Script(m.wrap(require('node:fs').readFileSync(0, 'utf8'))).createCachedData())`
    const data = execFileSync(NODE, ['-e', made], { input: other })
    writeFileSync(file, Buffer.concat([data, data]))
    expect((await run(['status'])).stdout).toContain('ALIEXPRESS')
  })
})

test('what stands in place of a file is not read, and in the end replaced', async () => {
  const first = await run(['status'])
  for (const file of kept()) {
    rmSync(file)
    execFileSync('mkfifo', [file])
  }
  expect(await run(['status'])).toEqual(first)
  expect(kept().length).toBeGreaterThan(0)
})

test('each Node has files of its own, and each set of flags', async () => {
  await run(['status'])
  expect(kept().filter(file => !file.includes(`/${nodeVersion}-${process.arch}/`))).toEqual([])
  const before = kept()
  const env = { HOME: user, NODE_OPTIONS: '--max-old-space-size=300' }
  expect(await tokenctl(['status'], { home, env })).toMatchObject({ status: 0 })
  expect(kept().length).toBe(2 * before.length)
  for (const file of before) expect(kept()).toContain(file)
})
