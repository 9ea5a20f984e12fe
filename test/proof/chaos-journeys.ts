/**
 * One torn exchange for the built program on each marketplace at once, each behind a proxy of its own: how the run
 * ended and how long it took, what `status` then says, and how the next run ends, for which the wire is whole again.
 */
import { onTestFinished } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Rotation } from '../../src/marketplaces/adapter.ts'
import { VENDORS, type Vendor } from '../../src/simulator/vendors.ts'
import { pass } from '../support/chaos-faults.ts'
import { type Fault, startChaosProxy } from '../support/chaos-proxy.ts'
import { connectedHome, simulated, THREE_FRESH, writeSettings } from '../support/simulator.ts'
import { tokenctl } from '../support/tokenctl.ts'

export interface Torn {
  readonly status: number | null
  readonly outcome: string | undefined
  readonly code: string | null | undefined
  readonly stderr: string
  readonly ms: number
  /** What `status` says of the account after the torn run. */
  readonly state: string | undefined
  /** How many times the marketplace carried a refresh out in that run. */
  readonly refreshes: number
  /** The run after it. */
  readonly next: { readonly status: number | null; readonly code: string | null | undefined }
}

/**
 * Tears the first exchange of each marketplace.
 *
 * @param mode what all three do with a token that was used, and what the program is told of it. Absent: each as its
 *   vendor does, of which the program knows what is published.
 */
export async function tear(fault: Fault, mode?: Exclude<Rotation, 'unknown'>): Promise<Record<Vendor, Torn>> {
  const simulator = await simulated(THREE_FRESH())
  const home = await connectedHome(simulator)
  const settings: Record<string, string> = { store: 'file' }
  for (const vendor of VENDORS) {
    if (mode !== undefined) {
      simulator.setRotation(vendor, { mode })
      settings[`rotation.${vendor}`] = mode
    }
    const proxy = await startChaosProxy({
      to: simulator.origin,
      fault: number => (number === 1 ? fault : pass),
    })
    onTestFinished(() => proxy.close())
    settings[`endpoint.${vendor}`] = proxy.origin
  }
  writeSettings(home, settings)
  const torn = await Promise.all(VENDORS.map(vendor => renew(vendor, home)))
  const refreshes = new Map(simulator.accounts().map(each => [each.account, each.refreshes]))
  const shown = statusSchema.parse(JSON.parse((await tokenctl(['status', '--json'], { home })).stdout))
  const next = await Promise.all(VENDORS.map(vendor => renew(vendor, home)))
  const rows = VENDORS.map((vendor, index) => {
    const account = `${vendor}:main`
    const state = shown.accounts.find(each => each.account === account)?.state
    const after = { status: next[index]?.status ?? null, code: next[index]?.code }
    return [vendor, { ...torn[index], state, refreshes: refreshes.get(account) ?? 0, next: after }]
  })
  return Object.fromEntries(rows) as Record<Vendor, Torn>
}

async function renew(vendor: Vendor, home: string): Promise<Omit<Torn, 'state' | 'refreshes' | 'next'>> {
  const begun = performance.now()
  const run = await tokenctl(['renew', `${vendor}:main`, '--json'], { home })
  const ms = performance.now() - begun
  const result = renewSchema.parse(JSON.parse(run.stdout)).results[0]
  return { status: run.status, stderr: run.stderr, outcome: result?.outcome, code: result?.code, ms }
}
