/**
 * `tokenctl worker`: keeps what is due renewed, round after round, on as many machines as share the store. It asks nobody
 * for anything (I6). The first request to stop lets what is open end, and what was taken go; the second ends it at once.
 */
import { asTokenctlError, type TokenctlError } from '../../errors.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Exit } from '../exit.ts'
import { heldSignal } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import { AfterRounds } from '../worker/after-rounds.ts'
import { type Bench, makeBench } from '../worker/bench.ts'
import { workLoop } from '../worker/loop.ts'
import { type WorkerOptions, workerManner } from '../worker/manner.ts'
import { workedMarketplaces } from '../worker/marketplaces.ts'
import { WorkerReport } from '../worker/report.ts'
import { Tally } from '../worker/tally.ts'
import { watched } from '../worker/watch.ts'
import type { World } from '../world.ts'

export async function workerRun(options: WorkerOptions, world: World): Promise<Exit> {
  const manner = workerManner(options)
  const tally = new Tally(world.clock.now())
  const answer = (path: string) => watched(path, tally, world.clock.now())
  // Before anything is opened: a port that is taken is the plainest of faults.
  const { listen } = options
  const server = listen === undefined ? undefined : await world.serveLoopback(listen, '--listen', answer)
  try {
    const report = new WorkerReport(manner, world)
    const rules = rulesOf(world.settings())
    const marketplaces = workedMarketplaces(rules, world.ownMarketplaces)
    const stop = heldSignal(world)
    const door = await world.openVault('worker')
    let made: Bench | undefined
    const warned = new Set<string>()
    const benchOf = async (vault: Vault) => {
      // The records may have been moved to another store meanwhile.
      if (made?.vault !== vault) made = await makeBench(vault, manner, { rules, marketplaces }, world)
      for (const warning of door.warnings().filter(each => !warned.has(each))) {
        warned.add(warning)
        report.note(warning)
      }
      return made
    }
    const bench = async () => {
      const opened = await door.read()
      return opened.state === 'empty' ? undefined : await benchOf(opened.vault)
    }
    // A store that does not answer at the very start is more likely a wrong setting than a cut.
    const first = await bench()
    report.start(first?.vault.kind ?? null, marketplaces, server?.port ?? null)
    const after = new AfterRounds({ tells: manner.tells, says: !manner.isJson }, world)
    const exit = await endOf(() => workLoop({ manner, bench, tally, report, after, stop }, world), stop)
    report.end(tally, exit.status)
    if (exit.error !== undefined) throw exit.error
    return exit.status
  } finally {
    await server?.close()
  }
}

/** How the loop ended: a person's Ctrl-C is 130, the system's own request to stop is what a worker is there for. */
async function endOf(
  work: () => Promise<Exit>,
  stop: AbortSignal,
): Promise<{ readonly status: Exit; readonly error?: TokenctlError }> {
  try {
    const status = await work()
    if (!stop.aborted) return { status }
    const { reason } = stop
    return { status: reason instanceof Error && reason.message === 'SIGTERM' ? 0 : 130 }
  } catch (thrown) {
    const error = asTokenctlError(thrown)
    return { status: error.exit, error }
  }
}
