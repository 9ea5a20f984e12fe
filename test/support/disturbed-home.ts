/**
 * A home whose marketplaces answer when the program's own files are away, or are its next version's: a person runs
 * `npm install -g` as cron renews.
 */
import { expect, onTestFinished } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { addDuration } from '../../src/tokens/time.ts'
import { startChaosProxy } from './chaos-proxy.ts'
import { type InstalledProgram, installedProgram } from './replaced-program.ts'
import { connectedHome, endpoints, newestToken, shop, simulated, writeSettings } from './simulator.ts'
import { type RunOptions, tokenctl } from './tokenctl.ts'

type How = 'stays' | (typeof HOWS)[number]
type Env = Readonly<Record<string, string | undefined>>

/** What becomes of the files before an answer arrives. */
export const HOWS = ['remove', 'replace'] as const

const DUE = { renewedAt: addDuration(Date.now(), { months: -4 }) }
/** The accounts of a home; those of `ALL_DUE` are due. */
export const SHOPS = () => [
  shop('ebay:main', 200, 547, DUE),
  shop('ebay:outlet', 200, 547, DUE),
  shop('amazon:main', 30, 365, { region: 'na' }),
  shop('aliexpress:main', 130, 300, DUE),
]
export const ALL_DUE = ['aliexpress:main', 'ebay:main', 'ebay:outlet']

/** A home whose marketplaces answer when the program is not there any more. */
export interface Disturbed {
  readonly simulator: Simulator
  readonly home: string
  readonly program: InstalledProgram
  /** Runs the program that is replaced meanwhile. */
  run(args: readonly string[], options?: RunOptions): ReturnType<typeof tokenctl>
  /** Runs one that is whole. */
  after(args: readonly string[], options?: RunOptions): ReturnType<typeof tokenctl>
}

export interface Place {
  readonly home: string
  readonly store: string
  readonly env?: Env
}

/** Puts the marketplaces of a home behind a door that lets an answer through when the program is away. */
export async function disturbed(
  simulator: Simulator,
  { home, store, env = {} }: Place,
  how: How,
): Promise<Disturbed> {
  const program = installedProgram()
  const { origin, close } = await startChaosProxy({
    to: simulator.origin,
    fault: () => async exchange => {
      const reply = await exchange.ask()
      if (how !== 'stays') program[how]()
      await exchange.send(reply)
      // What the server broke off is broken off.
      if (!isWhole(reply)) exchange.close()
    },
  })
  onTestFinished(close)
  const plain = ['etsy', 'allegro', 'mercadolibre'].map(id => [`endpoint.${id}`, origin])
  writeSettings(home, { store, ...endpoints(origin), ...Object.fromEntries(plain) })
  // The next version is what a person has then; where it was only taken away, another copy looks.
  const next = how === 'replace' ? { bin: program.bin } : {}
  return {
    simulator,
    home,
    program,
    run: (args, options) =>
      tokenctl(args, { home, bin: program.bin, ...options, env: { ...env, ...options?.env } }),
    after: (args, options) => tokenctl(args, { home, ...next, ...options, env: { ...env, ...options?.env } }),
  }
}

function isWhole(reply: Buffer): boolean {
  const head = reply.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(reply.toString('latin1', 0, head))?.[1]
  return head !== -1 && length !== undefined && reply.length >= head + 4 + Number(length)
}

/** The same over the file store, with `SHOPS` connected. */
export async function inFiles(how: How): Promise<Disturbed> {
  const simulator = await simulated(SHOPS())
  return await disturbed(simulator, { home: await connectedHome(simulator), store: 'file' }, how)
}

/** What was given out last is what is stored, and good for the next time: nobody is asked for the first, and one takes the other. */
export async function expectKept({ simulator, after }: Disturbed, account: string): Promise<void> {
  const asked = simulator.requests().length
  expect(await after(['token', account])).toEqual({
    status: 0,
    signal: null,
    stdout: `${newestToken(simulator, account)}\n`,
    stderr: '',
  })
  expect(simulator.requests()).toHaveLength(asked)
  expect(await after(['renew', account])).toMatchObject({ status: 0, stderr: '' })
  expect(simulator.requests().at(-1)).toMatchObject({ outcome: 'refreshed' })
  expect(simulator.requests()).toHaveLength(asked + 1)
  expect(await after(['status', '--verify', account])).toMatchObject({ status: 0 })
}
