/** A home with one account behind a proxy whose answers can be held, and runs of the program whose end is awaited. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { hold, pass } from '../support/chaos-faults.ts'
import { type ChaosProxy, startChaosProxy } from '../support/chaos-proxy.ts'
import { connectedHome, endpoints, shop, simulated, writeSettings } from '../support/simulator.ts'
import { ended, type Run, startTokenctl } from '../support/tokenctl.ts'

/** One run that is under way. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly pid: number
  readonly done: Promise<Run>
}

export interface CrowdHome {
  readonly home: string
  readonly simulator: Simulator
  readonly proxy: ChaosProxy
  /** Starts the program. */
  start(...args: readonly string[]): Running
  /** Lets the first answer go, which was held until now. */
  release(): void
}

/** The account's home. The marketplace answers its first request only when it is told to. */
export async function crowdHome(account: string, ageDays: number): Promise<CrowdHome> {
  const simulator = await simulated([shop(account, ageDays, 547)])
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const held = hold(() => released)
  const fault = (number: number) => (number === 1 ? held : pass)
  const proxy = await startChaosProxy({ to: simulator.origin, fault })
  onTestFinished(() => proxy.close())
  const home = await connectedHome(simulator)
  writeSettings(home, { store: 'file', ...endpoints(proxy.origin) })
  return {
    home,
    simulator,
    proxy,
    release,
    start: (...args) => {
      const child = startTokenctl(args, { home })
      child.stdin.end()
      // One that a failing test leaves behind must not hold its lock.
      onTestFinished(() => void child.kill('SIGKILL'))
      return { child, pid: child.pid ?? 0, done: ended(child) }
    },
  }
}

/** The outcome of the only account in a run's JSON; `left` where it was left out. */
export function outcomeOf({ stdout }: Run): string {
  return renewSchema.parse(JSON.parse(stdout)).results[0]?.outcome ?? 'left'
}

/** How often each word occurs. */
export function countOf(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
