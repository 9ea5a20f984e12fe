/**
 * The homes that the guarded commands run in, each made once; what a run does to one is seen by no other. The marketplaces
 * are the simulator's, on loopback: nothing asks anybody outside, or the keychain.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { DAY } from '../../src/tokens/time.ts'
import { connect, openSimulator, shop, writeSettings } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { tokenctl } from '../support/tokenctl.ts'

/**
 * `empty`: the file store, and nothing in it. `one`: an account of which nothing is due. `keychain`: the same, as a keychain
 * store has it in its folder. `shops`: accounts of three marketplaces at the simulator, one due, none with an access token, and
 * one that is followed by its dates. `told`: the same with a hook, a channel and a delivery, each a program.
 */
export type HomeName = 'empty' | 'one' | 'keychain' | 'shops' | 'told'

export interface Homes {
  readonly simulator: Simulator
  /** A PATH for runs that look into the machine's schedulers: there is cron, and nothing in it. */
  readonly programs: string
  /** A copy of one, for one run. */
  copy(name: HomeName): string
  close(): Promise<void>
}

/** A program that reads nothing, says nothing and ends with 0. */
export const PROGRAM = [process.execPath, '-e', '0'] as const

/** Makes them. */
export async function makeHomes(): Promise<Homes> {
  const base = makeHome()
  const at = (name: HomeName) => join(base.path, name)
  writeSettings(at('empty'), { store: 'file' })
  writeSettings(at('one'), { store: 'file' })
  await run(at('one'), ['import'], JSON.stringify(DOCUMENT))
  moveToKeychain(at('one'), at('keychain'))
  const simulator = await openSimulator([
    shop('ebay:main', 30, 547),
    // Not asked for months, which is all that is the matter with it.
    shop('ebay:outlet', 200, 547, { renewedAt: Date.now() - 120 * DAY }),
    shop('amazon:main', 30, 365, { region: 'na' }),
    shop('aliexpress:main', 5, 60),
  ])
  // Else only the first copy of the home could renew it.
  simulator.setRotation('aliexpress', { mode: 'none' })
  await connect(at('shops'), simulator)
  await run(at('shops'), ['track', 'ebay:followed', '--consented', daysAgo(30)])
  copyFolder(at('shops'), at('told'))
  await run(at('told'), ['hooks', 'add', 'after', '--', ...PROGRAM])
  await run(at('told'), ['notices', 'add', 'ops', '--command', '--', ...PROGRAM])
  const handed = ['--tokens', 'access', '--command', '--', ...PROGRAM]
  await run(at('told'), ['accounts', 'deliver-to', 'ebay:main', ...handed])
  await run(at('told'), ['renew', 'ebay:main'])
  const programs = join(base.path, 'bin')
  mkdirSync(programs)
  writeFileSync(join(programs, 'crontab'), '#!/bin/sh\necho no crontab for me >&2\nexit 1\n', { mode: 0o700 })
  let copies = 0
  return {
    simulator,
    programs,
    copy: name => {
      const copy = join(base.path, `copy-${++copies}`)
      copyFolder(at(name), copy)
      return copy
    },
    close: async () => {
      await simulator.close()
      base.remove()
    },
  }
}

async function run(home: string, words: readonly string[], input?: string): Promise<void> {
  const { status, stderr } = await tokenctl(words, { home, ...(input !== undefined && { input }) })
  if (status !== 0) throw new Error(`tokenctl ${words.join(' ')} ended with ${status}:\n${stderr}`)
}

/** By `cp`: Node's own, from 22 on, opens to others the folders that it makes. */
function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cp: ${status}\n${stderr}`)
}

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()
const daysAgo = (count: number) => hours(-24 * count).slice(0, 10)

const DOCUMENT = {
  version: 1,
  apps: ['default', 'spare'].map(name => ({
    marketplace: 'ebay',
    name,
    keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' },
  })),
  accounts: [
    {
      account: 'ebay:main',
      app: 'default',
      refreshToken: 'v^1.1#made-up',
      consentAt: hours(-48),
      renewedAt: hours(-1),
      accessToken: 'v^1.1#made-up-too',
      accessExpiresAt: hours(1),
    },
  ],
}

/** What a keychain store of the same records has in its folder; nothing here asks the keychain. */
function moveToKeychain(home: string, other: string): void {
  const [from, to] = [join(home, 'state'), join(other, 'state')]
  mkdirSync(join(to, 'headers'), { recursive: true, mode: 0o700 })
  const mark = JSON.parse(readFileSync(join(from, 'vault.json'), 'utf8'))
  writeFileSync(join(to, 'vault.json'), JSON.stringify({ ...mark, store: 'keychain' }), { mode: 0o600 })
  writeSettings(other, { store: 'keychain' })
  for (const name of readdirSync(join(from, 'records'))) {
    const [line = ''] = readFileSync(join(from, 'records', name), 'utf8').split('\n')
    const head = { ...JSON.parse(line), format: 'tokenctl-header', keyId: null }
    const file = join(to, 'headers', name.replace(/\.sealed$/, '.header'))
    writeFileSync(file, `${JSON.stringify(head)}\n\n`, { mode: 0o600 })
  }
}
