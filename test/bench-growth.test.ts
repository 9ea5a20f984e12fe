/**
 * The benchmark of growth in its smallest form: that it runs to its end and has a figure in every cell. None is held to a bar
 * here: how fast a machine is that does other things says nothing.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const BENCH = join(import.meta.dirname, 'bench', 'growth.js')
/** On a quiet machine it takes a twentieth of that. */
const WITHIN_MS = 120_000

test(
  'the benchmark of growth measures every command at every count',
  async () => {
    const words = ['--store', 'file', '--counts', '1,20', '--runs', '1']
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...words])
    const rows = stdout.split('\n').filter(line => line.startsWith('| file |'))
    const cell = /[\d.]+ × · [\d.,]+ ms · \d+ MiB/
    for (const row of rows) {
      const [, , , one, twenty, more] = row.split('|').map(text => text.trim())
      for (const each of [one, twenty]) expect(each).toMatch(cell)
      expect(more).toMatch(/µs · .* KiB/)
    }
    expect(rows.map(row => row.split('|')[2]?.trim())).toEqual([
      '`renew --all --due`, all due',
      '`status`',
      '`accounts list`',
      '`renew --all --due`, nothing due',
    ])
  },
  WITHIN_MS,
)
