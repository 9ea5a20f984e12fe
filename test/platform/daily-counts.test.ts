/** Counts of a day, over processes. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDailyCounts } from '../../src/platform/daily-counts.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { buildEntry } from '../support/built.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const NOW = Date.UTC(2026, 10, 22, 23, 59, 59, 999)
const DAY = 86_400_000

function counts() {
  const folder = join(temporaryHome(), 'quotas')
  return { folder, counted: createDailyCounts(folder, createNodeFiles()) }
}

test('nothing counted is zero, and looking makes no folder', () => {
  const { folder, counted } = counts()
  expect(counted.count('ebay.default', NOW)).toBe(0)
  expect(fs.existsSync(folder)).toBe(false)
})

test('each name and each day by itself; the day ends at midnight in UTC', () => {
  const { folder, counted } = counts()
  for (const name of ['ebay.default', 'ebay.default', 'ebay.other']) counted.add(name, NOW)
  expect(counted.count('ebay.default', NOW)).toBe(2)
  expect(counted.count('ebay.other', NOW)).toBe(1)
  expect(counted.count('ebay.default', NOW + 1)).toBe(0)
  expect(fs.readdirSync(folder).sort()).toEqual(['ebay.default.2026-11-22', 'ebay.other.2026-11-22'])
  expect(fs.statSync(join(folder, 'ebay.other.2026-11-22')).mode & 0o777).toBe(0o600)
  expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
})

test('past days are removed at the first count of a new one, but for yesterday', () => {
  const { folder, counted } = counts()
  for (const days of [9, 2, 1, 0]) counted.add('ebay.default', NOW - days * DAY)
  fs.writeFileSync(join(folder, 'a note of mine'), '')
  expect(fs.readdirSync(folder)).toContain('ebay.default.2026-11-21')
  counted.add('ebay.other', NOW + DAY)
  expect(fs.readdirSync(folder).sort()).toEqual([
    'a note of mine',
    'ebay.default.2026-11-22',
    'ebay.other.2026-11-23',
  ])
})

test('what five processes count at once is all counted', async () => {
  const built = await buildEntry('src/platform/daily-counts.ts', 'daily-counts')
  const { folder, counted } = counts()
  const script = `
    const fs = require('node:fs')
    const { createDailyCounts } = require(process.argv[1])
    const ensurePrivateFolder = path => fs.mkdirSync(path, { recursive: true, mode: 0o700 })
    const counted = createDailyCounts(process.argv[2], { list: fs.readdirSync, ensurePrivateFolder })
    for (let i = 0; i < 400; i += 1) counted.add('ebay.default', Number(process.argv[3]))`
  const ends = Array.from({ length: 5 }, () => {
    const child = spawn(process.execPath, ['-e', script, built, folder, String(NOW)], { stdio: 'inherit' })
    return new Promise(resolve => child.once('exit', resolve))
  })
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0, 0])
  expect(counted.count('ebay.default', NOW)).toBe(2000)
})

describe('what cannot be counted stops nobody', () => {
  test.each<[string, (folder: string) => void]>([
    ['a file in the folder’s place', folder => fs.writeFileSync(folder, '')],
    ['a folder that others can read', folder => fs.mkdirSync(folder, { mode: 0o755 })],
    [
      'a link in the file’s place',
      folder => {
        fs.mkdirSync(folder, { mode: 0o700 })
        fs.symlinkSync('/dev/null', join(folder, 'ebay.default.2026-11-22'))
      },
    ],
    [
      'a folder in the file’s place',
      folder => fs.mkdirSync(join(folder, 'ebay.default.2026-11-22'), { recursive: true, mode: 0o700 }),
    ],
  ])('%s', (_, spoil) => {
    const { folder, counted } = counts()
    spoil(folder)
    counted.add('ebay.default', NOW)
    expect(counted.count('ebay.default', NOW) ?? 0).toBe(0)
  })

  test('a day that no calendar has', () => {
    const { counted } = counts()
    counted.add('ebay.default', Number.NaN)
    expect(counted.count('ebay.default', Number.NaN)).toBeNull()
  })
})
