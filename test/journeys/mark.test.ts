/** What marketplaces tell, on the built program and the file store: written down, shown by `status`, and lifted again. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { markSchema } from '../../src/cli/shapes/mark-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { DAY } from '../../src/tokens/time.ts'
import { fromSns, fromSqs, REVOCATION, SECRET_NEW } from '../marketplaces/notification-samples.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { tokenctl } from '../support/tokenctl.ts'

const mark = (home: string, document: unknown, ...more: string[]) =>
  tokenctl(['mark', '--stdin', ...more], { home, input: JSON.stringify(document) })

async function statusOf(home: string) {
  return statusSchema.parse(JSON.parse((await tokenctl(['status', '--json'], { home })).stdout))
}

test('a revoked consent: refused from then on, told by a check, and lifted by a token that works', async () => {
  const simulator = await simulated([shop('ebay:main', 30, 547), shop('ebay:outlet', 30, 547)])
  const home = await connectedHome(simulator)
  const revocation = structuredClone(REVOCATION)
  revocation.notification.data.revocationDate = new Date(Date.now()).toISOString()

  // Imported: nobody has said whose they are.
  const unknown = await mark(home, revocation)
  expect(unknown).toMatchObject({ status: 2, stdout: '' })
  expect(unknown.stderr).toContain('of the seller shop-4711 (aBc123dEf45)')

  const marked = await mark(home, revocation, '--account', 'ebay:main')
  expect(marked).toMatchObject({ status: 0, stderr: 'A new consent mends it: `tokenctl login ebay:main`.\n' })
  expect((await statusOf(home)).accounts.map(({ account, state }) => `${account} ${state}`)).toEqual([
    'ebay:main rejected',
    'ebay:outlet ok',
  ])
  expect((await tokenctl(['status', '--check'], { home })).status).toBe(3)
  expect(await tokenctl(['token', 'ebay:main'], { home })).toMatchObject({ status: 3, stdout: '' })
  expect(simulator.requests()).toEqual([])

  const again = await mark(home, revocation, '--account', 'ebay:main', '--json')
  expect(again.status).toBe(0)
  expect(markSchema.parse(JSON.parse(again.stdout)).marked).toMatchObject([{ outcome: 'unchanged' }])

  expect((await tokenctl(['renew', 'ebay:main'], { home })).status).toBe(0)
  expect((await tokenctl(['status', '--check'], { home })).status).toBe(0)
  // The token was good after that time: the same notification, delivered once more, is old.
  expect((await mark(home, revocation, '--account', 'ebay:main')).stdout).toContain('it stays as it is')
})

/** Amazon's message about a rotation, as it lies in a queue. */
function newSecretOf(simulator: Simulator, clientSecret: string) {
  const [app] = simulator.importDocument().apps.filter(({ marketplace }) => marketplace === 'amazon')
  const told = structuredClone(SECRET_NEW)
  const now = Date.now()
  told.eventTime = new Date(now).toISOString()
  Object.assign(told.payload.applicationOAuthClientNewSecret, {
    clientId: app?.keys['clientId'],
    newClientSecret: clientSecret,
    newClientSecretExpiryTime: new Date(now + 180 * DAY).toISOString(),
    oldClientSecretExpiryTime: new Date(now + 7 * DAY).toISOString(),
  })
  return fromSqs(fromSns(told))
}

test('a new secret out of a queue: not before Amazon takes it, then used, and nowhere in the clear', async () => {
  const simulator = await simulated([shop('amazon:main', 30, 365)])
  const home = await connectedHome(simulator)
  const early = simulator.rotateSecret({ delaySeconds: 3600 })
  const refused = await mark(home, newSecretOf(simulator, early.clientSecret))
  expect(refused).toMatchObject({ status: 3, stdout: '' })
  expect(refused.stderr).toContain('[CLIENT_REJECTED]')
  expect(
    (await statusOf(home)).apps.find(({ marketplace }) => marketplace === 'amazon')?.previousEndsAt,
  ).toBeNull()

  const { clientSecret } = simulator.rotateSecret()
  const message = newSecretOf(simulator, clientSecret)
  const taken = await mark(home, message)
  expect(taken.stdout).toMatch(/^Amazon takes the new secret of app default .*; it is stored\. It ends /)
  expect(taken.status).toBe(0)
  expect((await mark(home, message)).status).toBe(0)
  expect((await tokenctl(['renew', 'amazon'], { home })).status).toBe(0)
  expect((await tokenctl(['status', '--verify'], { home })).status).toBe(0)
  const shown = [refused, taken].map(({ stdout, stderr }) => stdout + stderr).join('')
  for (const secret of [early.clientSecret, clientSecret]) {
    expect(shown).not.toContain(secret)
    expect(spawnSync('grep', ['-rlF', secret, home]).stdout.toString()).toBe('')
  }
})
