/**
 * Something handed over wrong, tried on the built program in a home with four accounts: the message names the thing and
 * its place, `Fix:` says what mends it, the exit status is the documented one, and nothing in the home is changed.
 */
import { afterAll, beforeAll, expect } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { folderPrint } from './folder-print.ts'
import { connect, copyOf, openSimulator, shop } from './simulator.ts'
import { makeHome } from './temporary-home.ts'
import { type RunOptions, tokenctl } from './tokenctl.ts'

export interface Bad {
  readonly args: readonly string[]
  readonly code: ErrorCode
  /** What the message says: the thing and its place. */
  readonly says: RegExp
  /** What mends it. */
  readonly fix: RegExp
  readonly input?: string | Uint8Array
  readonly env?: RunOptions['env']
  /** What is done to the home before. */
  readonly spoil?: (home: string) => void
  /** `--json` would be read as something else. */
  readonly takesNoJson?: true
}

/** The rows of a table as vitest takes them. */
export const cases = (rows: Readonly<Record<string, Bad>>) => Object.entries(rows)

/** The home but for what may come and go: empty lock files, and the notes on who opened records last and how a run ended. */
export function homePrint(home: string): readonly string[] {
  return folderPrint(home).filter(entry => !/^state\/(locks|last-opened\.json|last-run\.json)\b/.test(entry))
}

/** The marketplaces and the home that a file's rows are tried on. */
export interface Connected {
  readonly simulator: Simulator
  /** The import document of all that is connected. */
  readonly document: string
  /** A copy of the home, to spoil. */
  copy(): string
  check(bad: Bad): Promise<void>
}

/** Starts the marketplaces and fills a home, for a whole file. */
export function connected(): Connected {
  const base = makeHome()
  let simulator: Simulator
  let document = ''
  beforeAll(async () => {
    simulator = await openSimulator([
      shop('ebay:main', 30, 547),
      shop('ebay:outlet', 30, 547),
      shop('amazon:main', 30, 365, { region: 'na' }),
      shop('aliexpress:main', 5, 60),
    ])
    document = JSON.stringify(simulator.importDocument())
    await connect(base.path, simulator)
  })
  afterAll(async () => {
    await simulator.close()
    base.remove()
  })
  const copy = () => copyOf(base.path)
  return {
    get simulator() {
      return simulator
    },
    get document() {
      return document
    },
    copy,
    check: bad => check(bad, copy(), simulator),
  }
}

async function check(bad: Bad, home: string, simulator: Simulator): Promise<void> {
  const { args, code, says, fix, input, env, spoil, takesNoJson } = bad
  spoil?.(home)
  const before = homePrint(home)
  const asked = simulator.requests().length
  const options = { home, ...(input === undefined ? {} : { input }), ...(env === undefined ? {} : { env }) }
  const run = await tokenctl(args, options)
  expect(run).toEqual({
    status: ERROR_CODES[code].exit,
    signal: null,
    stdout: '',
    stderr: expect.any(String),
  })
  // Where a person must act, the steps come first.
  const [message = '', ...rest] = run.stderr.slice(run.stderr.indexOf('Error: ')).split('\n')
  expect(message).toMatch(says)
  expect(message).toMatch(new RegExp(`^Error: .*[.!?:] \\[${code}\\]$`))
  expect(rest.join('\n')).toMatch(fix)
  expect(rest.join('\n')).toMatch(/^Fix: \S/)
  expect(homePrint(home)).toEqual(before)
  expect(simulator.requests().length).toBe(asked)
  if (takesNoJson === true) return
  const asJson = await tokenctl([...args, '--json'], options)
  // Not every command has a result to print as JSON.
  if (asJson.stdout.includes("Unknown option '--json'")) return
  expect(asJson.status).toBe(run.status)
  expect(asJson.stderr).not.toContain('Error: ')
  expect(JSON.parse(asJson.stdout)).toEqual({
    version: 1,
    error: { code, message: expect.stringMatching(says), fix: expect.stringMatching(fix) },
  })
  expect(homePrint(home)).toEqual(before)
}
