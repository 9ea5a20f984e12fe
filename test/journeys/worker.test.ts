/** The worker as it ships, over the file store against simulated marketplaces: once, watched, and stopped half way. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { addDuration, DAY } from '../../src/tokens/time.ts'
import { parseExposition } from '../support/exposition.ts'
import { connectedHome, shop, simulated, threeApps, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { ended, startTokenctl, tokenctl } from '../support/tokenctl.ts'

const DUE = { renewedAt: addDuration(Date.now(), { months: -4 }) }
const due = (count: number) =>
  Array.from({ length: count }, (_, index) => shop(`ebay:shop-${index}`, 200, 547, DUE))

const statesOf = async (home: string) => {
  const { stdout } = await tokenctl(['status', '--json'], { home })
  const { accounts } = JSON.parse(stdout) as { accounts: { state: string }[] }
  return accounts.map(({ state }) => state)
}

describe('once', () => {
  test('what is due is renewed, each once, over kept connections', async () => {
    const simulator = await simulated([...due(40), shop('amazon:main', 30, 365, { region: 'na' })])
    const home = await connectedHome(simulator)
    const run = await tokenctl(['worker', '--once', '--concurrency', '16'], { home })
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toMatch(/^Working on \S+: the file store, 16 at a time; refreshes: eBay 50,000 a day/)
    expect(run.stdout).toMatch(/\S+ Ended: renewed 40\.\n$/)
    expect(simulator.requests().map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 40 }, () => 'refreshed'),
    )
    expect(await statesOf(home)).toEqual(Array.from({ length: 41 }, () => 'ok'))
    const again = await tokenctl(['worker', '--once'], { home })
    expect(again).toMatchObject({ status: 0 })
    expect(simulator.requests()).toHaveLength(40)
    const history = await tokenctl(['history', 'ebay:shop-7'], { home })
    expect(history.stdout).toContain('renewed')
  })

  test('a shop that needs its seller makes it end with 3, and is named', async () => {
    const simulator = await simulated([...due(2), shop('aliexpress:gone', 90, 60)])
    const home = await connectedHome(simulator)
    const run = await tokenctl(['worker', '--once'], { home })
    expect(run.status).toBe(3)
    expect(run.stdout).toContain('aliexpress:gone: ')
    expect(run.stdout).toContain('tokenctl login aliexpress:gone')
    expect(run.stdout).toContain('renewed 2, ')
  })

  test('where nothing is stored it ends at once', async () => {
    const home = temporaryHome()
    writeSettings(home, { store: 'file' })
    const run = await tokenctl(['worker', '--once'], { home })
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing is stored yet') })
  })
})

test('a SIGTERM half way: what is open is stored, nothing is begun, and the rest is due still', async () => {
  let letGo = () => {}
  const gate = new Promise<void>(resolve => {
    letGo = resolve
  })
  let waiting = 0
  let areOpen = () => {}
  const threeOpen = new Promise<void>(resolve => {
    areOpen = resolve
  })
  const wait = () => {
    waiting += 1
    if (waiting === 3) areOpen()
    return gate
  }
  const seed = { apps: threeApps(), accounts: due(12) }
  const simulator = await startSimulator({ clock: { now: Date.now }, seed, wait })
  onTestFinished(async () => {
    letGo()
    await simulator.close()
  })
  const home = await connectedHome(simulator)
  simulator.fault('ebay', 'slow', { times: 12 })
  const child = startTokenctl(['worker', '--concurrency', '3'], { home })
  onTestFinished(() => void child.kill('SIGKILL'))
  const over = ended(child)
  await threeOpen
  const stopping = once(child.stderr, 'data')
  child.kill('SIGTERM')
  await stopping
  letGo()
  expect(await over).toMatchObject({ status: 0, stderr: expect.stringContaining('Stopping when') })
  expect(simulator.requests()).toHaveLength(3)
  const states = await statesOf(home)
  expect(states.filter(state => state === 'ok')).toHaveLength(3)
  expect(states.filter(state => state === 'due')).toHaveLength(9)
})

test('it answers who watches it, on this machine only', async () => {
  const simulator = await simulated(due(3))
  const home = await connectedHome(simulator)
  const child = startTokenctl(['worker', '--json', '--listen', '127.0.0.1:0'], { home })
  onTestFinished(() => void child.kill('SIGKILL'))
  const over = ended(child)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? '{}') as Record<string, unknown>
  const { port } = await next()
  expect(await next()).toMatchObject({ kind: 'round', renewed: 3 })
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init)
  const health = await get('/healthz')
  expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
  const metrics = parseExposition(await (await get('/metrics')).text())
  const of = (name: string) => metrics.get(name)?.series
  expect(of('tokenctl_worker_renewals_total')).toContainEqual({ labels: { outcome: 'renewed' }, value: 3 })
  expect(of('tokenctl_worker_quota_left')).toEqual([{ labels: { app: 'ebay.default.local' }, value: 49_997 }])
  expect(of('tokenctl_worker_last_success_timestamp_seconds')?.[0]?.value).toBeGreaterThan(
    (Date.now() - DAY) / 1000,
  )
  expect((await get('/')).status).toBe(404)
  expect((await get('/healthz', { method: 'POST' })).status).toBe(405)
  child.kill('SIGINT')
  expect((await over).status).toBe(130)
})

test.each([
  '0.0.0.0:9464',
  '192.168.1.5:9464',
  'example.com:9464',
  '9464',
  '127.0.0.1',
  '127.0.0.1:99999',
  '[::]:1',
])('--listen %s is refused', async address => {
  const run = await tokenctl(['worker', '--once', '--listen', address], { home: temporaryHome() })
  expect(run).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--listen takes a loopback address with a port.'),
  })
})
