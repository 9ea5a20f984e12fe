/** `tokenctl history`, and what the other commands write into it. */
import { describe, expect, test } from 'vitest'
import { accountsRemoveRun, accountsRenameRun } from '../../../src/cli/commands/accounts.ts'
import { appRemoveRun, appSetRun } from '../../../src/cli/commands/app.ts'
import { historyRun } from '../../../src/cli/commands/history.ts'
import { importRun } from '../../../src/cli/commands/import.ts'
import { renewedRun, trackRun } from '../../../src/cli/commands/track.ts'
import { type HistoryLine, historySchema } from '../../../src/cli/shapes/history-shape.ts'
import { NO_SECRETS } from '../../../src/tokens/token-set.ts'
import { header, tokenSet } from '../../support/accounts.ts'
import { type TestWorldOptions, testWorld } from '../../support/world.ts'

function line(subject: string, changes: Partial<HistoryLine> = {}): string {
  return JSON.stringify({
    version: 1,
    at: '2026-11-22T10:00:00Z',
    run: '0badcafe',
    by: 'renew',
    action: 'renew',
    subject,
    from: null,
    outcome: 'renewed',
    code: null,
    class: null,
    requestId: null,
    ...changes,
  })
}

const LINES = [line('ebay:main'), line('amazon:main'), line('ebay:outlet'), line('ebay:main', { by: 'last' })]

async function run(options: Partial<Parameters<typeof historyRun>[0]>, given: TestWorldOptions = {}) {
  const world = await testWorld({ historyLines: LINES, ...given })
  const exit = await historyRun({ account: undefined, ...options }, world)
  return { exit, ...world.terminal.shown }
}

const accountsIn = (out: string) => [...out.matchAll(/\b(?:ebay|amazon):[\w-]+/g)].map(match => match[0])

describe('what it shows', () => {
  test('everything, the newest last', async () => {
    const { exit, out, err } = await run({})
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(accountsIn(out)).toEqual(['ebay:main', 'amazon:main', 'ebay:outlet', 'ebay:main'])
    expect(out.trim().split('\n').at(-1)).toContain('last')
  })

  test.each([
    ['ebay:main', 2],
    ['ebay', 3],
    ['amazon', 1],
  ])('of %s: %i', async (account, count) => {
    const { exit, out } = await run({ account })
    expect(exit).toBe(0)
    expect(accountsIn(out)).toHaveLength(count)
  })

  test('the newest 50 unless more are asked for, and how to get the rest', async () => {
    const historyLines = Array.from({ length: 312 }, (_, index) => line(`ebay:n${index}`))
    const { out, err } = await run({}, { historyLines })
    expect(accountsIn(out)).toEqual(Array.from({ length: 50 }, (_, index) => `ebay:n${262 + index}`))
    expect(err).toBe('The newest 50 of 312; `--limit 312` shows all.\n')
    expect(accountsIn((await run({ limit: '312' }, { historyLines })).out)).toHaveLength(312)
    const json = await run({ json: true }, { historyLines })
    expect(historySchema.parse(JSON.parse(json.out)).events).toHaveLength(312)
    const two = await run({ json: true, limit: '2' }, { historyLines })
    expect(two.err).toBe('')
    expect(historySchema.parse(JSON.parse(two.out)).events.map(event => event.subject)).toEqual([
      'ebay:n310',
      'ebay:n311',
    ])
  })

  test.each(['0', '-1', '1.5', 'all', '', '1000000'])('--limit %j is refused', async limit => {
    await expect(run({ limit })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('lines that are none are counted, whoever is asked about', async () => {
    const historyLines = ['{"torn', ...LINES]
    expect((await run({ account: 'amazon' }, { historyLines })).err).toBe(
      'Note: 1 line could not be read and left out.\n',
    )
    expect((await run({}, { historyLines: [...historyLines, 'x'] })).err).toBe(
      'Note: 2 lines could not be read and left out.\n',
    )
    expect(JSON.parse((await run({ json: true }, { historyLines })).out)).toMatchObject({ skipped: 1 })
  })
})

describe('where nothing is written', () => {
  const historyLines: readonly string[] = []

  test('says so, and what will be', async () => {
    const { exit, out, err } = await run({}, { historyLines })
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    expect(err).toMatch(/^Nothing is written down yet\. Every renewal, import .* from now on\.\n$/)
  })

  test('as JSON: an empty list', async () => {
    expect(JSON.parse((await run({ json: true }, { historyLines })).out)).toEqual({
      version: 1,
      events: [],
      skipped: 0,
    })
  })

  test('of a marketplace: that is no error', async () => {
    expect((await run({ account: 'aliexpress' })).err).toMatch(
      /^Nothing is written down about aliexpress yet/,
    )
  })

  test('of an account that is stored: no error either', async () => {
    const { exit, err } = await run({ account: 'ebay:main' }, { historyLines, accounts: [tokenSet()] })
    expect(exit).toBe(0)
    expect(err).toMatch(/^Nothing is written down about ebay:main yet/)
  })

  test('of an app that is stored: no error either', async () => {
    const world = await testWorld({ historyLines, stdin: '{"clientId":"a","clientSecret":"b"}' })
    await appSetRun({ marketplace: 'amazon', stdin: true }, world)
    expect(await historyRun({ account: 'amazon:default' }, world)).toBe(0)
  })

  test('of an account that is nowhere: ACCOUNT_UNKNOWN with the nearest', async () => {
    const asked = run({ account: 'ebay:mian' }, { historyLines, accounts: [tokenSet()] })
    await expect(asked).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      fix: expect.stringContaining('Did you mean ebay:main?'),
    })
  })

  test('an account that is gone and has lines is known by them', async () => {
    expect((await run({ account: 'ebay:outlet' })).exit).toBe(0)
  })

  test.each([
    ['eaby', 'MARKETPLACE_UNKNOWN'],
    ['eaby:main', 'MARKETPLACE_UNKNOWN'],
    ['ebay:Main', 'USAGE'],
  ])('%s: %s', async (account, code) => {
    await expect(run({ account })).rejects.toMatchObject({ code })
  })
})

describe('what other commands write', () => {
  const tracked = { header: header({ holdsToken: false, app: null }), secrets: NO_SECRETS }
  const keys = '{"clientId":"a","clientSecret":"b","ruName":"c"}'
  const document = JSON.stringify({
    version: 1,
    apps: [{ marketplace: 'ebay', keys: JSON.parse(keys) }],
    accounts: [{ account: 'ebay:main', refreshToken: 'made-up' }],
  })
  const event = (action: string, subject: string) => ({
    action,
    subject,
    outcome: 'done',
    code: null,
    failure: null,
    requestId: null,
  })
  type Case = [string, TestWorldOptions, (world: Awaited<ReturnType<typeof testWorld>>) => Promise<unknown>]

  test.each<[...Case, readonly object[]]>([
    [
      'track',
      {},
      world => trackRun({ account: 'ebay:main', consented: '2026-08-01' }, world),
      [event('track', 'ebay:main')],
    ],
    [
      'renewed',
      { accounts: [tracked] },
      world => renewedRun({ account: 'ebay:main' }, world),
      [event('renewed', 'ebay:main')],
    ],
    [
      'app set',
      { stdin: keys },
      world => appSetRun({ marketplace: 'ebay', name: 'second', stdin: true }, world),
      [event('app set', 'ebay:second')],
    ],
    [
      'import',
      { stdin: document },
      world => importRun({}, world),
      [event('app set', 'ebay:default'), event('import', 'ebay:main')],
    ],
    ['import --dry-run', { stdin: document }, world => importRun({ dryRun: true }, world), []],
    [
      'accounts rename',
      { accounts: [tokenSet()] },
      world => accountsRenameRun({ account: 'ebay:main', name: 'outlet' }, world),
      [{ ...event('rename', 'ebay:outlet'), from: 'ebay:main' }],
    ],
    [
      'accounts remove',
      { accounts: [tokenSet()] },
      world => accountsRemoveRun({ account: 'ebay:main', yes: true }, world),
      [event('remove', 'ebay:main')],
    ],
  ])('%s', async (_, given, work, events) => {
    const world = await testWorld(given)
    await work(world)
    expect(world.noted).toEqual(events)
  })

  test('app remove', async () => {
    const world = await testWorld({ stdin: keys })
    await appSetRun({ marketplace: 'ebay', stdin: true }, world)
    await appRemoveRun({ marketplace: 'ebay', yes: true }, world)
    expect(world.noted.at(-1)).toEqual(event('app remove', 'ebay:default'))
  })

  test('what is the same already, or is refused, is not written', async () => {
    const world = await testWorld({ stdin: document, accounts: [tokenSet({ account: 'ebay:other' })] })
    await importRun({}, world)
    const after = [...world.noted]
    await importRun({}, world)
    await expect(accountsRenameRun({ account: 'ebay:main', name: 'other' }, world)).rejects.toBeDefined()
    await expect(renewedRun({ account: 'ebay:main' }, world)).rejects.toBeDefined()
    expect(world.noted).toEqual(after)
  })
})
