/** What `migrate` says: one line for what became of the records, one for the copies, and what to type next. */
import { describe, expect, test } from 'vitest'
import { presentCopies, presentMoved } from '../../../src/cli/render/migrate.ts'
import { type MigrateReport, migrateSchema } from '../../../src/cli/shapes/migrate-shape.ts'
import { screen } from './screen.ts'

const REPORT: MigrateReport = {
  version: 1,
  dryRun: false,
  outcome: 'moved',
  from: 'keychain',
  to: 'file',
  accounts: ['aliexpress:main', 'ebay:main'],
  apps: ['ebay:default'],
  channels: [],
  copies: { store: 'keychain', outcome: 'left' },
  warnings: [],
}

function said(changes: Partial<MigrateReport>): readonly [out: string, err: string] {
  const terminal = screen('pipe')
  const report = migrateSchema.parse({ ...REPORT, ...changes })
  presentMoved(report, { terminal })
  presentCopies(report, [], { terminal })
  return [terminal.shown.out, terminal.shown.err]
}

describe('the result', () => {
  test.each<[string, Partial<MigrateReport>, RegExp]>([
    ['moved', {}, /^Moved 2 accounts, 1 app from the keychain to the encrypted folder.*each was read back/],
    ['nothing in it', { accounts: [], apps: [] }, /^Moved no record from the keychain/],
    [
      'in use',
      { outcome: 'in-use', from: null, copies: null },
      /rest in the encrypted folder.*nothing to move/,
    ],
    [
      'nothing stored',
      { outcome: 'nothing-stored', from: null, copies: null },
      /the first record will rest in/,
    ],
    ['planned', { outcome: 'would-move', copies: null }, /^Would move .*:\n {2}account aliexpress:main\n/],
    [
      'removed',
      { copies: { store: 'keychain', outcome: 'removed' } },
      /\nThe copies in the keychain are removed\.\n$/,
    ],
    [
      'some left',
      { copies: { store: 'keychain', outcome: 'partly-removed' } },
      /some could not be read and stay/,
    ],
    ['no copies', { outcome: 'not-asked', from: null, to: null, copies: null }, /^There are no old copies/],
    [
      'only the copies',
      { outcome: 'not-asked', from: null, to: null, copies: { store: 'file', outcome: 'would-be-removed' } },
      /^Would remove the copies in the encrypted folder.*\n$/,
    ],
  ])('%s', (_, changes, out) => {
    expect(said(changes)[0]).toMatch(out)
  })

  test('what comes next stands on standard error, and only while copies are left', () => {
    expect(said({})[1]).toMatch(/^Next: .*migrate --remove-old.*\n$/)
    expect(said({ copies: null })[1]).toBe('')
    expect(said({ copies: null, warnings: ['the link of ebay:main'] })[1]).toBe(
      'Note: the link of ebay:main\n',
    )
  })
})
