/** What the built program prints as JSON, command by command, held against the schemas that are published beside it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SECRET_EXPIRY } from '../marketplaces/notification-samples.ts'
import { schemaChecker } from '../support/json-schema.ts'
import { connectedForAll, copyOf, shop, startSimulateChild } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type RunOptions, tokenctl } from '../support/tokenctl.ts'

const FOLDER = join(dirname(BIN), '..', 'dist', 'schemas')
const held = new Set<string>()
const { home: base, simulator } = connectedForAll([
  shop('ebay:main', 200, 547),
  shop('ebay:outlet', 20, 547),
  shop('amazon:main', 355, 365, { region: 'na' }),
  shop('aliexpress:gadgets', 66, 60),
])

/** Holds a document against a published file. */
function hold(name: string, document: unknown): void {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8')
  const faults = schemaChecker(JSON.parse(text))(document)
  // The files are open for what later versions add; of this version they name all that there is.
  const unnamed = schemaChecker(JSON.parse(text, closed))(document)
  expect({ name, faults, unnamed }).toEqual({ name, faults: [], unnamed: [] })
  held.add(name)
}

/** A part of a schema, with no field but those that it names. */
function closed(_: string, part: unknown): unknown {
  const names = typeof part === 'object' && part !== null && 'properties' in part && 'type' in part
  return names ? { additionalProperties: false, ...part } : part
}

/** Runs a command with `--json` and holds what it prints against its file. */
async function print(
  words: readonly string[],
  options: RunOptions,
  name = words.join('-'),
): Promise<unknown> {
  const { stdout } = await tokenctl([...words, '--json'], options)
  const document: unknown = JSON.parse(stdout)
  hold(name, document)
  return document
}

/** A program that keeps what it is given on standard input, as the last line of a file. */
function keeper(): { readonly path: string; readonly kept: () => unknown } {
  const folder = temporaryHome()
  const path = join(folder, 'keep')
  const code = `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'kept'))}, require('node:fs').readFileSync(0))`
  writeFileSync(path, `#!${NODE}\n${code}\n`, { mode: 0o755 })
  return { path, kept: () => JSON.parse(readFileSync(join(folder, 'kept'), 'utf8')) }
}

describe('each command', () => {
  test('that looks', async () => {
    const home = copyOf(base)
    for (const words of ['status', 'history', 'app list', 'accounts list', 'config list', 'hooks list'])
      await print(words.split(' '), { home })
    await print(['status', '--probe', '--verify'], { home }, 'status')
    await print(['status'], { home: temporaryHome() })
    for (const each of [home, temporaryHome()]) {
      const { stdout } = await tokenctl(['status', '--format', 'jsonl'], { home: each })
      for (const line of stdout.trimEnd().split('\n')) hold('status-lines', JSON.parse(line))
    }
    await print(['notices', 'list'], { home })
    await print(['doctor', '--offline'], { home }, 'doctor')
    await print(['schedule', 'show'], { home })
    await print(['schedule', 'install', '--dry-run', '--using', 'cron'], { home }, 'schedule-install')
    await print(['schedule', 'remove', '--dry-run'], { home }, 'schedule-remove')
  })

  test('that renews', async () => {
    const home = copyOf(base)
    await print(['renew', '--all', '--dry-run'], { home }, 'renew')
    await print(['renew', '--all'], { home }, 'renew')
    const worked = await tokenctl(['worker', '--once', '--json'], { home })
    for (const line of worked.stdout.trimEnd().split('\n')) hold('worker', JSON.parse(line))
    await print(['token', 'ebay:main'], { home }, 'token')
    const input = simulator().newAmazonToken('amazon:main')
    await print(['set-amazon', '--stdin'], { home, input }, 'set-amazon')
    await print(['track', 'ebay:shop', '--consented', '2026-08-01'], { home }, 'track')
    await print(['renewed', 'ebay:shop'], { home }, 'renewed')
    await print(['login', 'ebay:newcomer', '--link'], { home }, 'login')
    await print(['status'], { home })
    await print(['history'], { home })
  })

  test('that keeps house', async () => {
    const home = copyOf(base)
    await print(['accounts', 'tag', 'ebay:main', 'client=acme'], { home }, 'accounts-tag')
    await print(['accounts', 'list'], { home })
    await print(['accounts', 'ack', 'ebay'], { home }, 'accounts-ack')
    await print(['migrate', '--to', 'file', '--dry-run'], { home }, 'migrate')
    await print(['rekey', '--dry-run'], { home }, 'rekey')
    const document = simulator().importDocument()
    hold('import-document', document)
    const input = JSON.stringify(document)
    await print(['import', '--dry-run', '--replace'], { home, input }, 'import')
    await print(['import', '--replace'], { home, input }, 'import')
    const clientId = document.apps.find(({ marketplace }) => marketplace === 'amazon')?.keys['clientId']
    const facts = { ...SECRET_EXPIRY.payload.applicationOAuthClientSecretExpiry, clientId }
    const expiry = { ...SECRET_EXPIRY, payload: { applicationOAuthClientSecretExpiry: facts } }
    await print(['mark', '--stdin'], { home, input: JSON.stringify(expiry) }, 'mark')
  })

  test('that hands on and tells', async () => {
    const home = copyOf(base)
    const [receiver, pager] = [keeper(), keeper()]
    await print(['renew', 'ebay:outlet'], { home }, 'renew')
    const to = ['--tokens', 'access', '--command', '--json', '--', receiver.path]
    const set = await tokenctl(['accounts', 'deliver-to', 'ebay:outlet', ...to], { home })
    hold('accounts-deliver-to', JSON.parse(set.stdout))
    await print(['deliver', 'ebay:outlet', '--again'], { home }, 'deliver')
    hold('delivery-document', receiver.kept())
    const added = await tokenctl(['notices', 'add', 'pager', '--command', '--', pager.path], { home })
    expect(added).toMatchObject({ status: 0 })
    await tokenctl(['notices', 'test', 'pager'], { home })
    hold('notice-document', pager.kept())
    await tokenctl(['hooks', 'add', 'after', '--', pager.path], { home })
    await print(['notices', 'list'], { home })
    await print(['hooks', 'list'], { home })
    await print(['status'], { home })
  })

  test('and the simulator’s first line', async () => {
    const child = await startSimulateChild()
    hold('simulate', child.first)
    await child.stop()
  })
})

test.each([
  [['status', 'ebay:mian'], 2],
  [['renew', '--nothing'], 2],
  [['token', 'aliexpress:gadgets'], 3],
  [['import'], 2],
  [['app', 'list', 'nowhere'], 2],
] as const)('%j fails: the error is one by its schema', async (words, status) => {
  const run = await tokenctl([...words, '--json'], { home: base })
  expect(run.status).toBe(status)
  hold('error', JSON.parse(run.stdout))
})

test('no published file was left out', () => {
  expect([...held].sort()).toEqual(
    readdirSync(FOLDER)
      .map(file => file.replace(/\.json$/, ''))
      .sort(),
  )
})
