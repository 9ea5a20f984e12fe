/**
 * No secret ever shows: keys and tokens that are known here, looked for in every encoding in all that the program writes,
 * on the screen and into the home, over every command and every way a marketplace can fail.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FAULT_WORDS } from '../../src/simulator/faults.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { entries } from '../support/folder-print.ts'
import { connect, copyOf, openSimulator, shop } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { type Run, type RunOptions, tokenctl } from '../support/tokenctl.ts'

const rare = () => randomBytes(24).toString('hex')
const secrets = {
  ebaySecret: `PRD-${rare()}`,
  amazonSecret: `amzn1.oa2-cs.v1.${rare()}`,
  aliexpressSecret: rare(),
  ebayToken: `v^1.1#i^1#r^1#p^3#I^3#f^0#t^${rare()}`,
  amazonToken: `Atzr|Iw+/=${rare()}`,
  aliexpressToken: `50000${rare()}`,
  pasted: `Atzr|Iw+/=${rare()}`,
  imported: `v^1.1#i^1#r^1#${rare()}`,
}

/** Anybody's: nothing is opened with it here. */
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'

const base = makeHome()
let simulator: Simulator

beforeAll(async () => {
  const apps = [
    {
      marketplace: 'ebay',
      name: 'default',
      keys: { clientId: 'shop', clientSecret: secrets.ebaySecret, ruName: 'r' },
    },
    {
      marketplace: 'amazon',
      name: 'default',
      keys: { clientId: 'amzn1.application-oa2-client.1', clientSecret: secrets.amazonSecret },
    },
    {
      marketplace: 'aliexpress',
      name: 'default',
      keys: { appKey: '500102', appSecret: secrets.aliexpressSecret },
    },
  ] as const
  simulator = await openSimulator(
    [
      shop('ebay:main', 120, 547, { refreshToken: secrets.ebayToken }),
      shop('amazon:main', 120, 365, { refreshToken: secrets.amazonToken }),
      shop('aliexpress:main', 30, 60, { refreshToken: secrets.aliexpressToken, endReported: false }),
    ],
    apps,
  )
  await connect(base.path, simulator)
})
afterAll(async () => {
  await simulator.close()
  base.remove()
})

/** Every way in which a secret could stand in a text or a file; also its second half, for what was cut. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  // base64 of a text inside another one begins at any of three places.
  const base64 = [0, 1, 2].map(skip =>
    bytes
      .subarray(skip, skip + 30)
      .toString('base64')
      .slice(0, 40),
  )
  return [
    secret,
    secret.slice(-24),
    secret.slice(0, 24),
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('utf16le'),
    ...base64,
    ...base64.map(form => form.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** All secrets there are by now: ours, and whatever the marketplaces have issued since. */
function forms(): readonly string[] {
  const issued = ['ebay:main', 'amazon:main', 'aliexpress:main'].map(account =>
    simulator.refreshToken(account),
  )
  const access = [...simulator.market.accounts.values()].flatMap(account =>
    account.access.map(each => each.text),
  )
  return [...new Set([...Object.values(secrets), ...issued, ...access])].flatMap(formsOf)
}

function leaks(text: string): readonly string[] {
  return forms().filter(form => text.includes(form))
}

function expectClean(run: Run, home: string): void {
  expect(leaks(run.stdout)).toEqual([])
  expect(leaks(run.stderr)).toEqual([])
  for (const path of entries(home)) {
    expect(leaks(path)).toEqual([])
    if (statSync(path).isFile())
      expect({ path, leaks: leaks(readFileSync(path, 'latin1')) }).toEqual({ path, leaks: [] })
  }
}

test('the search finds what it should', () => {
  expect(leaks(`x${secrets.pasted}y`)).not.toEqual([])
  expect(leaks(Buffer.from(`Basic shop:${secrets.ebaySecret}`).toString('base64'))).not.toEqual([])
  expect(leaks(encodeURIComponent(secrets.ebayToken))).not.toEqual([])
})

async function quiet(args: readonly string[], home = copyOf(base.path), more: RunOptions = {}): Promise<Run> {
  const run = await tokenctl(args, { home, ...more })
  expectClean(run, home)
  return run
}

describe('commands', () => {
  const document = (change: object) =>
    JSON.stringify({
      version: 1,
      accounts: [{ account: 'ebay:main', refreshToken: secrets.imported, ...change }],
    })
  const keys = JSON.stringify({ clientId: 'a', clientSecret: secrets.ebaySecret, ruName: secrets.pasted })
  test.each<[readonly string[], string?]>([
    [['status']],
    [['status', '--json', '--verify']],
    [['status', '--plain']],
    [['status', '--probe']],
    [['renew', '--all']],
    [['renew', '--all', '--json']],
    [['renew', '--all', '--dry-run', '--json']],
    [['set-amazon', 'main', '--stdin'], secrets.pasted],
    [['set-amazon', 'main', '--stdin', '--json'], secrets.pasted],
    [['set-amazon', 'main', '--stdin'], `${secrets.pasted} ${secrets.pasted}`],
    [['set-amazon', 'main', '--stdin', '--app', 'other'], secrets.pasted],
    [['import'], document({})],
    [['import', '--replace'], document({})],
    [['import', '--dry-run', '--replace', '--json'], document({})],
    [['import'], document({}).slice(0, -4)],
    [['import'], `{"a": ${secrets.imported}}`],
    [['import'], secrets.imported],
    [['import'], document({ [secrets.pasted]: 1 })],
    [['import'], document({ consentAt: secrets.pasted })],
    [['import'], document({ region: secrets.pasted })],
    [['import'], document({ app: secrets.pasted })],
    [['import'], document({ account: secrets.pasted })],
    [['import'], document({ account: `ebay:${secrets.pasted}` })],
    [['import', '--identity', '/dev/null'], document({})],
    [['export', '--to', RECIPIENT]],
    [['export', '--passphrase-stdin'], secrets.pasted],
    [['export', '--passphrase-stdin'], `${secrets.pasted}\n${secrets.pasted}`],
    [['import'], document({ refreshToken: `${secrets.imported}\n` })],
    [['app', 'set', 'ebay', '--stdin'], keys],
    [['app', 'set', 'amazon', '--stdin'], keys],
    [['app', 'set', 'ebay', '--stdin'], keys.slice(0, -2)],
    [['app', 'set', 'ebay', '--stdin'], JSON.stringify({ [secrets.ebaySecret]: 'x' })],
    [['app', 'list', '--json']],
    [['accounts', 'list', '--json']],
    [['doctor']],
    [['doctor', '--json', '--fix']],
    [['doctor', '--scheduled', '--json']],
    [['accounts', 'rename', 'ebay:main', 'other']],
    [['accounts', 'remove', 'ebay:main', '--yes']],
    [['config', 'list', '--json']],
    [['login', 'ebay']],
  ])('%j', async (args, input) => {
    await quiet(args, copyOf(base.path), input === undefined ? {} : { input })
  })
})

describe('a token typed as an argument is never shown again', () => {
  const short = 'Atzr|IwEBI'
  test.each<readonly string[]>([
    ['set-amazon', secrets.pasted],
    ['set-amazon', short],
    ['set-amazon', 'main', secrets.pasted],
    ['set-amazon', `amazon:${secrets.pasted}`],
    ['set-amazon', 'main', `--token=${secrets.pasted}`],
    ['set-amazon', 'main', '--token', secrets.pasted],
    ['set-amazon', 'main', `--${secrets.pasted}`],
    ['set-amazon', 'main', `--stdin=${secrets.pasted}`],
    ['set-amazon', 'main', '--region', secrets.pasted],
    ['set-amazon', 'main', '--app', secrets.pasted],
    ['renew', secrets.ebayToken],
    ['renew', short],
    ['renew', `ebay:${secrets.ebayToken}`],
    ['renew', secrets.aliexpressToken],
    ['renew', 'ebay', '--concurrency', secrets.aliexpressToken],
    ['status', secrets.pasted],
    ['status', `ebay:${secrets.aliexpressToken}`],
    ['login', secrets.pasted],
    ['login', 'ebay', secrets.ebayToken],
    ['track', 'ebay:x', '--consented', secrets.aliexpressToken],
    ['track', secrets.aliexpressToken, '--consented', '2026-08-01'],
    ['renewed', 'ebay:main', '--on', secrets.pasted],
    ['app', 'set', 'ebay', secrets.ebaySecret],
    ['app', 'set', secrets.ebaySecret],
    ['app', 'set', 'ebay', '--issued', secrets.ebaySecret],
    ['app', 'set', 'ebay', `clientSecret=${secrets.ebaySecret}`],
    ['app', 'remove', 'ebay', secrets.aliexpressSecret, '--yes'],
    ['accounts', 'rename', 'ebay:main', secrets.ebayToken],
    ['accounts', 'remove', secrets.pasted],
    ['accounts', 'tag', 'ebay:main', secrets.pasted],
    ['accounts', 'tag', 'ebay:main', `client=${secrets.aliexpressToken}`],
    ['accounts', 'tag', 'ebay:main', `client=${secrets.ebayToken}`],
    ['accounts', 'tag', 'ebay:main', `${secrets.ebaySecret}=x`],
    ['accounts', 'tag', `ebay:${secrets.aliexpressToken}`, 'client=acme'],
    ['status', '--tag', secrets.pasted],
    ['status', '--tag', `client=${secrets.ebayToken}`],
    ['status', '--state', secrets.aliexpressToken],
    ['renew', '--within', secrets.aliexpressToken],
    ['mark', '--stdin', '--account', secrets.pasted],
    ['mark', secrets.pasted],
    ['accounts', 'deliver-to', secrets.pasted, '--off'],
    [
      'accounts',
      'deliver-to',
      'ebay:main',
      '--url',
      '--tokens',
      'access',
      `https://x.example/${secrets.pasted}`,
    ],
    ['accounts', 'deliver-to', 'ebay:main', '--url', '--tokens', secrets.ebayToken],
    ['accounts', 'deliver-to', 'ebay:main', '--tokens', 'access', '--command', secrets.pasted],
    [
      'accounts',
      'deliver-to',
      'ebay:main',
      '--tokens',
      'access',
      '--margin',
      secrets.aliexpressToken,
      '--off',
    ],
    ['export', secrets.pasted],
    ['export', '--to', secrets.pasted],
    ['export', '--to', `AGE-SECRET-KEY-1${secrets.aliexpressSecret}`],
    ['export', '--passphrase', secrets.aliexpressToken],
    ['import', `--passphrase-stdin=${secrets.pasted}`],
    ['deliver', secrets.pasted],
    ['deliver', `ebay:${secrets.aliexpressToken}`],
    ['token', secrets.pasted],
    ['token', `ebay:${secrets.aliexpressToken}`],
    ['token', 'ebay', '--min-valid', secrets.aliexpressToken],
    ['exec', secrets.pasted, '--', 'true'],
    ['exec', 'ebay', '--env', secrets.pasted, '--', 'true'],
    ['exec', 'ebay', '--env', `${secrets.aliexpressToken}=ebay`, '--', 'true'],
    ['exec', 'ebay', '--env', `A=${secrets.ebayToken}`, '--', 'true'],
    ['exec', 'ebay', secrets.ebayToken],
    ['config', 'set', secrets.pasted, 'x'],
    ['config', 'set', 'window', secrets.pasted],
    ['config', 'get', secrets.aliexpressToken],
    ['config', 'unset', secrets.aliexpressToken],
    ['import', secrets.pasted],
    ['help', secrets.pasted],
    ['simulate', '--fault', secrets.pasted],
    ['simulate', '--rotation', `ebay=${secrets.aliexpressToken}`],
    ['simulate', '--port', secrets.aliexpressToken],
    [secrets.pasted],
    [secrets.ebayToken, 'renew'],
  ])('%#', async (...args) => {
    const run = await quiet(args)
    expect(run.stdout + run.stderr).not.toContain(short)
    // `login` and `track` may take a long word for a name: 63 small letters and digits are one.
    expect([0, 2, 3]).toContain(run.status)
    await quiet([...args, '--json'])
  })
})

describe('whatever a marketplace answers', () => {
  test.each(FAULT_WORDS.filter(word => !['slow', 'drip'].includes(word)))('%s', async fault => {
    const home = copyOf(base.path)
    for (const id of ['ebay', 'amazon', 'aliexpress'] as const)
      simulator.fault(id, fault, { times: 1, retryAfterSeconds: 0 })
    await quiet(['renew', '--all'], home)
    await quiet(['status'], home)
    for (const id of ['ebay', 'amazon', 'aliexpress'] as const) simulator.clearFaults(id)
  })
})

test('a proxy’s password is shown by no failure', async () => {
  const password = rare()
  const env = {
    HTTP_PROXY: `http://me:${password}@127.0.0.1:9`,
    HTTPS_PROXY: `http://me:${password}@127.0.0.1:9`,
  }
  const { stdout, stderr, status } = await quiet(['renew', '--all'], copyOf(base.path), { env })
  expect(status).toBe(4)
  expect(stdout + stderr).not.toContain(password)
})
