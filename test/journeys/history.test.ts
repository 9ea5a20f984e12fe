/** The history of real runs: eight at once, one that fails, and those that must leave nothing behind. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type HistoryReport, historySchema } from '../../src/cli/shapes/history-shape.ts'
import { connectedHome, shop, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tokenctl } from '../support/tokenctl.ts'

async function historyOf(home: string, ...words: readonly string[]): Promise<HistoryReport> {
  const run = await tokenctl(['history', ...words, '--json'], { home })
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' })
  return historySchema.parse(JSON.parse(run.stdout))
}

test('eight processes at once: each one’s lines are there, each under its own run', async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file' })
  // The first write makes the vault; eight that all want to make it are another test's.
  expect((await tokenctl(['track', 'ebay:first', '--consented', '2026-08-01'], { home })).status).toBe(0)
  const names = Array.from({ length: 8 }, (_, index) => `ebay:n${index}`)
  const runs = await Promise.all(
    names.map(name => tokenctl(['track', name, '--consented', '2026-08-01'], { home })),
  )
  expect(runs.map(({ status, stderr }) => ({ status, stderr }))).toEqual(
    names.map(() => ({ status: 0, stderr: '' })),
  )
  const { events, skipped } = await historyOf(home)
  expect(skipped).toBe(0)
  expect(events.map(event => event.subject).sort()).toEqual(['ebay:first', ...names])
  expect(new Set(events.map(event => event.run)).size).toBe(9)
  expect(new Set(events.map(event => `${event.by} ${event.action} ${event.outcome}`))).toEqual(
    new Set(['track track done']),
  )
  expect(statSync(join(home, 'state', 'history.1.jsonl')).mode & 0o777).toBe(0o600)
})

test('a whole life: connected, renewed, refused by the vendor, renamed, removed; and no token in it', async () => {
  const simulator = await simulated([shop('ebay:main', 120, 547), shop('aliexpress:main', 20, 60)])
  const home = await connectedHome(simulator)
  expect((await tokenctl(['renew', 'ebay:main'], { home })).status).toBe(0)
  simulator.fault('aliexpress', '503', { times: 9 })
  expect((await tokenctl(['renew', 'aliexpress:main'], { home })).status).toBe(4)
  await tokenctl(['accounts', 'rename', 'ebay:main', 'outlet'], { home })
  await tokenctl(['accounts', 'remove', 'ebay:outlet', '--yes'], { home })

  const story = ({ events }: HistoryReport) =>
    events.map(({ by, action, subject, outcome, code }) => ({ by, action, subject, outcome, code }))
  const step = (
    by: string,
    action: string,
    subject: string,
    outcome = 'done',
    code: string | null = null,
  ) => ({
    by,
    action,
    subject,
    outcome,
    code,
  })
  expect(story(await historyOf(home, 'ebay:outlet'))).toEqual([
    step('accounts rename', 'rename', 'ebay:outlet'),
    step('accounts remove', 'remove', 'ebay:outlet'),
  ])
  expect(story(await historyOf(home, 'ebay:main'))).toEqual([
    step('import', 'import', 'ebay:main'),
    step('renew', 'renew', 'ebay:main', 'renewed'),
    step('accounts rename', 'rename', 'ebay:outlet'),
  ])
  expect(story(await historyOf(home, 'aliexpress:main'))).toEqual([
    step('import', 'import', 'aliexpress:main'),
    step('renew', 'renew', 'aliexpress:main', 'failed', 'MARKETPLACE_DOWN'),
  ])
  const text = readFileSync(join(home, 'state', 'history.1.jsonl'), 'utf8')
  for (const { refreshToken } of simulator.importDocument().accounts) expect(text).not.toContain(refreshToken)
})

test('what changes nothing leaves nothing behind', async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file' })
  for (const words of [['status'], ['history'], ['accounts', 'list'], ['renew', '--all']]) {
    expect((await tokenctl(words, { home })).status).toBe(0)
  }
  expect(existsSync(join(home, 'state'))).toBe(false)
  await tokenctl(['track', 'ebay:main', '--consented', '2026-08-01'], { home })
  const before = readFileSync(join(home, 'state', 'history.1.jsonl'), 'utf8')
  for (const words of [['status'], ['history', 'ebay:main'], ['status', '--verify']]) {
    expect((await tokenctl(words, { home })).status).toBe(0)
  }
  expect(readFileSync(join(home, 'state', 'history.1.jsonl'), 'utf8')).toBe(before)
  expect(readdirSync(join(home, 'state')).filter(name => name.startsWith('history'))).toHaveLength(1)
})

test('a history that cannot be read: 5, and the file and its mend are named', async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file' })
  await tokenctl(['track', 'ebay:main', '--consented', '2026-08-01'], { home })
  chmodSync(join(home, 'state', 'history.1.jsonl'), 0o644)
  const run = await tokenctl(['history'], { home })
  expect(run.status).toBe(5)
  expect(run.stderr).toMatch(/history\.1\.jsonl can be read or written by others.+\n.*chmod 600/)
  // It is a note and no record: what is done is done, and the warning is one.
  const renewed = await tokenctl(['renewed', 'ebay:main'], { home })
  expect(renewed.status).toBe(0)
  expect(renewed.stderr).toMatch(/^Note: this is missing in the history\. .+\n$/)
})
