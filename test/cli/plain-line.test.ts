/** A plain line is read as commander reads it, or not at all. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asksForVersion, plainStatus } from '../../src/cli/plain-line.ts'
import { buildProgram } from '../../src/cli/program.ts'

/** What commander makes of a line of `status`; undefined where it refuses it. */
async function byCommander(line: readonly string[]): Promise<unknown> {
  const program = await buildProgram(async () => {}, line)
  let read: unknown
  const status = program.commands.find(command => command.name() === 'status')
  status?.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
  status?.action((accounts: string[], options: object) => {
    read = { accounts, ...options }
  })
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} })
  await program.parseAsync([...line], { from: 'user' }).catch(() => {
    read = undefined
  })
  return read
}

const WORDS = [
  ...[
    'ebay',
    'ebay:main',
    'a',
    'a1:b-2',
    'EBAY',
    'ebay:',
    ':main',
    'ebay:-x',
    '-',
    '--',
    '',
    'help',
    'status',
  ],
  ...['--json', '--plain', '--timeline', '--check', '--verify', '--probe', '--json=1', '--jso', '--no-json'],
  ...[
    '--help',
    '-h',
    '--version',
    '-V',
    '--format',
    'jsonl',
    '--limit',
    '--tag',
    'a=b',
    '--within',
    '-5',
    '30d',
  ],
]

describe('a line of status', () => {
  it('that is plain says what commander says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }), async words => {
        const line = ['status', ...words]
        const plain = plainStatus(line)
        if (plain !== undefined) expect(await byCommander(line)).toEqual(plain)
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    [['status'], { accounts: [] }],
    [['status', 'ebay:main', '--json'], { accounts: ['ebay:main'], json: true }],
    [['status', '--check', 'ebay', 'amazon:eu'], { accounts: ['ebay', 'amazon:eu'], check: true }],
  ])('%j is plain', (line, options) => {
    expect(plainStatus(line)).toEqual(options)
  })

  it.each([
    [['status', '--help']],
    [['status', '--format', 'json']],
    [['status', '--', '--json']],
    [['status', '--json=false']],
    [['renew', 'ebay']],
    [[]],
  ])('%j is not', line => {
    expect(plainStatus(line)).toBeUndefined()
  })
})

it.each([
  [['--version'], true],
  [['-V'], true],
  [['--version', 'status'], false],
  [['status', '--version'], false],
  [[], false],
])('whether %j asks for the version: %s', (line, expected) => {
  expect(asksForVersion(line)).toBe(expected)
})
