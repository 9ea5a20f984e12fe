/**
 * One trial: a run that is killed, or refused by the system, at one call; then what a person would do next; and the
 * facts of all that. It judges nothing: `verdict.ts` does.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { tryLock } from 'fs-native-extensions'
import type { Run } from '../support/tokenctl.ts'
import { leaksIn, temporaryFilesIn } from './leaks.ts'
import { type Arrival, arrivalOf, asPoints, locksTaken, type Point } from './points.ts'
import type { Scenario } from './scenarios.ts'
import { openShop, type Presentation, type Shop, type Template } from './shop.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Injection, Traced } from './traced.ts'

/** One command after the disturbed one. */
export interface Step {
  readonly command: string
  readonly exit: number | null
  /** The code of the account's failure, or of the error that ended the command. */
  readonly code: string | null
  readonly outcome: string | null
  /** What it presented to the marketplace. */
  readonly presented: readonly Presentation[]
  readonly stderr: string
}

/** What `status --verify` says. */
export interface Look {
  readonly exit: number | null
  readonly state: string | null
  readonly stderr: string
}

export interface Facts {
  readonly scenario: Scenario
  readonly injection: Injection
  /** The call at which it happened; null where the run never came there. */
  readonly hit: Point | null
  /** Every call of the disturbed run, to find where one that was missed would have been. */
  readonly seen: readonly Point[]
  readonly first: {
    readonly exit: number | null
    readonly signal: string | null
    readonly stdout: string
    readonly stderr: string
    readonly presented: readonly Presentation[]
  }
  readonly arrival: Arrival
  /** Locks that were still held when the disturbed run was gone. */
  readonly stuck: readonly string[]
  /** Files that held a secret in the clear, then or at the end. */
  readonly leaks: readonly string[]
  readonly after: Look
  readonly steps: readonly Step[]
  readonly last: Look
  /** Half-written files at the end. */
  readonly temporary: number
  /** The tokens or codes that were pasted, and those that the marketplace gave for them since. */
  readonly pasted: readonly string[]
}

/** What a scenario's action types, and what comes on its standard input. */
export async function actionOf(scenario: Scenario, shop: Shop): Promise<Action> {
  const { action, marketplace } = scenario
  const account = `${marketplace}:main`
  if (action === 'renew') return { args: ['renew', account, '--json'] }
  if (action === 'set-amazon') {
    const brought = shop.simulator.newAmazonToken(account)
    return { args: ['set-amazon', 'main', '--stdin', '--json'], input: brought, brought }
  }
  // Whoever brings the answer to a link types nothing at a terminal, so that this can be followed.
  const link = await shop.run(['login', account, '--link'])
  if (link.status !== 0) throw new Error(`login --link: ${link.status}\n${link.stderr}`)
  // Without the vouch the seller of the stored token would be learned first, by a renewal: that is another scenario's.
  const args = ['login', account, '--resume', '--stdin', '--json', '--replace-seller']
  const state = new URL(link.stdout.trim()).searchParams.get('state') ?? ''
  const brought = shop.simulator.newCode(account).code
  return { args, input: `https://shop.example/?${new URLSearchParams({ state, code: brought })}`, brought }
}

interface Action {
  readonly args: readonly string[]
  readonly input?: string
  /** The token or code in it. */
  readonly brought?: string
}

/** Runs one trial in a shop of its own, on the disk where there is one: a run that is stopped finds it full. */
export async function runTrial(
  scenario: Scenario,
  injection: Injection,
  template: Template,
  place: { readonly folder: string; readonly disk?: SmallDisk | undefined },
): Promise<Facts> {
  const { disk } = place
  const shop = await openShop(scenario, template, disk?.folder ?? place.folder)
  try {
    const { args, input, brought: pasted } = await actionOf(scenario, shop)
    const first = await shop.trace(args, { injection, input, whileStopped: disk?.fill })
    disk?.empty()
    await shop.settled()
    const presented = [...shop.presented]
    const stuck = locksTaken(first.calls).flatMap(({ path }) => (isFree(path) ? [] : [path]))
    const leaks = leaksIn(shop.home, shop.secrets())
    const after = await look(shop)
    const { steps, brought } = await nextSteps(scenario, shop, pasted)
    const last = await look(shop)
    const { status: exit, signal, stdout, stderr } = first
    return {
      scenario,
      injection,
      hit: hitOf(first, injection, shop.scratch),
      seen: asPoints(first.calls, shop.scratch),
      first: { exit, signal, stdout, stderr, presented },
      arrival: arrivalOf(first.calls, shop.scratch),
      stuck,
      leaks: [...leaks, ...leaksIn(shop.home, shop.secrets())],
      after,
      steps,
      last,
      temporary: temporaryFilesIn(shop.home).length,
      pasted: brought.flatMap(each => lineage(each, shop.presented)),
    }
  } finally {
    await shop.close()
  }
}

/**
 * What a person does next: renews, twice; where what was brought is not in use, brings it again in between: the same
 * token, but another code, since one is good once.
 */
async function nextSteps(
  scenario: Scenario,
  shop: Shop,
  pasted: string | undefined,
): Promise<{ readonly steps: readonly Step[]; readonly brought: readonly string[] }> {
  const renew = ['renew', `${scenario.marketplace}:main`, '--json']
  const steps = [await step(shop, renew), await step(shop, renew)]
  if (pasted === undefined) return { steps, brought: [] }
  const used = shop.presented.at(-1)?.token ?? ''
  if (lineage(pasted, shop.presented).includes(used)) return { steps, brought: [pasted] }
  const { args, input, brought = '' } = await actionOf(scenario, shop)
  const [text, again] = scenario.action === 'login' ? [input, brought] : [pasted, pasted]
  const more = [await step(shop, args, text), await step(shop, renew)]
  return { steps: [...steps, ...more], brought: [pasted, again] }
}

async function step(shop: Shop, args: readonly string[], input?: string): Promise<Step> {
  const before = shop.presented.length
  const run = await shop.run(args, input)
  const { code, outcome } = resultOf(run)
  return {
    command: args[0] ?? '',
    exit: run.status,
    code,
    outcome,
    presented: shop.presented.slice(before),
    stderr: run.stderr,
  }
}

interface Answer {
  readonly error?: { readonly code: string }
  readonly results?: readonly { readonly code: string | null; readonly outcome: string }[]
  readonly outcome?: string
  readonly accounts?: readonly { readonly state: string }[]
}

/** What a command said in JSON; an empty answer where it said none. */
function answerOf({ stdout }: Run): Answer {
  try {
    return JSON.parse(stdout) as Answer
  } catch {
    // A command that ends without its answer is seen by its exit status.
    return {}
  }
}

function resultOf(run: Run): { code: string | null; outcome: string | null } {
  const { error, results, outcome } = answerOf(run)
  const result = results?.[0]
  return {
    code: error?.code ?? result?.code ?? null,
    outcome: result?.outcome ?? outcome ?? null,
  }
}

async function look(shop: Shop): Promise<Look> {
  const run = await shop.run(['status', '--verify', '--json'])
  return { exit: run.status, state: answerOf(run).accounts?.[0]?.state ?? null, stderr: run.stderr }
}

/** Whether the lock of a run that is gone can be taken at once. */
function isFree(path: string): boolean {
  if (!existsSync(path)) return true
  const fd = openSync(path, 'r+')
  try {
    return tryLock(fd)
  } finally {
    closeSync(fd)
  }
}

/** The call at which a run was killed or refused. Of the helper, whose death is not the run's, by its open call alone. */
function hitOf({ calls, signal }: Traced, injection: Injection, scratch: string): Point | null {
  const { name, nth, what, everyone = false } = injection
  const main = calls[0]?.thread ?? null
  const at = calls.findIndex(
    each => each.name === name && each.nth === nth && (each.thread === main) === !everyone,
  )
  const call = calls[at]
  if (call === undefined) return null
  const isKilled = call.result === null && (everyone || signal === what)
  const isHit = { SIGKILL: isKilled, SIGSTOP: true }[what] ?? call.isInjected
  return isHit ? (asPoints(calls, scratch)[at] ?? null) : null
}

/** A token and what came of it, exchange by exchange. */
function lineage(token: string, presented: readonly Presentation[]): readonly string[] {
  const line = new Set([token])
  for (const { token: used, next } of presented) if (line.has(used) && next !== null) line.add(next)
  return [...line]
}
