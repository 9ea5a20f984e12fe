/** The library as it ships: the example program, by its package's name, against the simulator; and a consumer's types. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type Run } from '../support/tokenctl.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The package that is tried. */
const PACKAGE = dirname(dirname(BIN))

let simulator: Simulator
let home: string

/** A folder of a program that has installed the package. */
function consumer(): string {
  const folder = temporaryHome()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(PACKAGE, join(folder, 'node_modules', 'tokenctl'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return folder
}

beforeEach(async () => {
  simulator = await simulated([shop('ebay:main', 20, 547), shop('ebay:outlet', 120, 547)])
  home = await connectedHome(simulator)
})

function program(file: string): Promise<Run> {
  const child = spawn(NODE, [file], { env: environmentOf({ home, env: { EBAY_API: simulator.origin } }) })
  child.stdin.end()
  return ended(child)
}

/** The example in a consumer's folder. */
function example(): string {
  const folder = consumer()
  cpSync(join(ROOT, 'examples', 'orders.mjs'), join(folder, 'orders.mjs'))
  return join(folder, 'orders.mjs')
}

describe('examples/orders.mjs', () => {
  test('renews what is due and counts the orders of each shop', async () => {
    const run = await program(example())
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toMatch(
      /^ebay:outlet: Renewed; .*\nebay:outlet: 5 orders\nebay:main: 5 orders\n$|^ebay:main: 5 orders\nebay:outlet: Renewed; .*\nebay:outlet: 5 orders\n$/,
    )
    expect((await program(example())).stdout).not.toContain('Renewed')
  })

  test('one shop that only a person can help stops no other', async () => {
    simulator.endConsent('ebay:main')
    const { status, stdout, stderr } = await program(example())
    expect(status).toBe(3)
    expect(stdout).toMatch(/^ebay:outlet: 5 orders$/m)
    expect(stderr).toMatch(/^ebay:main: eBay refused the refresh token .* the seller must consent again/m)
  })

  test('the most serious failure counts, whichever comes last', async () => {
    simulator.endConsent('ebay:main')
    simulator.fault('ebay-orders', '503')
    expect((await program(example())).status).toBe(3)
  })

  test('where nothing is connected, and where the vault does not open', async () => {
    const [empty, closed] = [temporaryHome(), home]
    home = empty
    expect(await program(example())).toMatchObject({ status: 3, stdout: '' })
    home = closed
    rmSync(join(home, 'vault.key'))
    const { status, stderr } = await program(example())
    expect(status).toBe(5)
    expect(stderr).not.toContain('at ')
  })
})

describe('docs/library.md', () => {
  const fences = [
    ...readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8').matchAll(/^```js\n(.*?)^```$/gms),
  ].map(match => match[1] ?? '')

  test('its programs run', async () => {
    const outputs: string[] = []
    for (const [index, text] of fences.slice(0, 2).entries()) {
      const file = join(consumer(), `program-${index}.js`)
      writeFileSync(file, text)
      const { status, stdout, stderr } = await program(file)
      expect([status, stderr]).toEqual([0, ''])
      outputs.push(stdout)
    }
    expect(outputs[0]).toMatch(
      /^ebay:main ok .*^renewed Renewed; .*^\[secret [0-9a-f]{8}\] lives until 20\d\d-/ms,
    )
    expect(outputs[1]).toBe("[ 'ebay', 'amazon', 'aliexpress' ]\n")
  })

  test.each([
    ['testMarketplace(', 'adapter.js'],
    ['testSecretStore(', 'store.js'],
  ])('the suite of %s passes over what somebody else wrote', (call, written) => {
    const text = fences.find(fence => fence.includes(call)) ?? ''
    const folder = consumer()
    for (const name of ['vitest', 'fast-check'])
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    cpSync(join(ROOT, 'test', 'support', 'consumer', written), join(folder, written))
    writeFileSync(join(folder, 'mine.test.js'), text)
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const said = execFileSync(NODE, [vitest, 'run', '--root', folder], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...environmentOf({}), NO_COLOR: '1' },
      stdio: 'pipe',
    })
    expect(said).toMatch(/Tests {2}\d\d+ passed/)
    expect(said).not.toContain('failed')
  })
})

describe('its types', () => {
  const check = (text: string) => {
    const folder = consumer()
    writeFileSync(join(folder, 'program.ts'), text)
    const types = join(ROOT, 'node_modules', '@types')
    const options = {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      preserveSymlinks: true,
      typeRoots: [types],
      types: ['node'],
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['program.ts'] }),
    )
    try {
      execFileSync(NODE, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      return ''
    } catch (error) {
      return String((error as { stdout?: string }).stdout)
    }
  }

  test('are there for a program in TypeScript, and need no package of ours', () => {
    expect(
      check(`import { accessToken, openVault, renewAccount, status, type MarketplaceAdapter, type SecretStore } from 'tokenctl'
const vault = openVault({ home: '/nowhere' })
const { accounts } = await status(vault)
const days: number | null | undefined = accounts[0]?.daysLeft
const outcome: 'renewed' | 'proved' | 'fresh' | 'needs-person' | 'failed' = (await renewAccount(vault, 'ebay:main')).outcome
const text: string = (await accessToken(vault, 'ebay:main')).token.reveal()
export const facts = (adapter: MarketplaceAdapter, store: SecretStore) => [adapter.id, store.kind, days, outcome, text]
`),
    ).toBe('')
  })

  test('of the suites, too', () => {
    expect(
      check(
        `import { testMarketplace, testSecretStore, type MarketplaceSamples } from 'tokenctl/contracts'
import { createMemoryStore, type MarketplaceAdapter } from 'tokenctl'
export const run = async (mine: MarketplaceAdapter, samples: MarketplaceSamples) => {
  await testMarketplace(mine, samples)
  const store = createMemoryStore()
  testSecretStore('mine', async () => ({ store, reopen: async () => store }))
}
`,
      ),
    ).toBe('')
  })

  test('tell what is wrong', () => {
    expect(
      check(`import { openVault, renewAccount } from 'tokenctl'
export const outcome: number = (await renewAccount(openVault(), 'ebay:main')).outcome
`),
    ).toContain('TS2322')
  })
})
