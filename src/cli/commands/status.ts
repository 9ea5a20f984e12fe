/** `tokenctl status`: what there is, when it ends, what to type next. Opens no secret unless it is asked to. */
import { TokenctlError } from '../../errors.ts'
import { SECRET_WARNING_DAYS } from '../../renewal/assess.ts'
import { toIso } from '../../tokens/time.ts'
import { type Exit, gravest } from '../exit.ts'
import { renderJson } from '../render/json.ts'
import type { StatusReport } from '../shapes/status-shape.ts'
import { findStatus, type StatusFindings } from '../status-findings.ts'
import { accountRow, appRow } from '../status-report.ts'
import type { World } from '../world.ts'

export interface StatusOptions {
  readonly accounts: readonly string[]
  readonly json?: boolean
  readonly plain?: boolean
  readonly check?: boolean
  readonly verify?: boolean
  readonly probe?: boolean
}

export async function statusRun(options: StatusOptions, world: World): Promise<Exit> {
  if (options.json === true && options.plain === true) {
    throw new TokenctlError('USAGE', '--json and --plain exclude each other.', { fix: 'Leave one out.' })
  }
  // The note on who opened records last names this command as it was typed.
  const flag = options.verify === true ? ' --verify' : options.probe === true ? ' --probe' : ''
  await world.openVault(`status${flag}`)
  const refused = options.probe === true ? await probe(options, world) : []
  const found = await findStatus(options, world)
  const findings = { ...found, problems: [...found.problems, ...refused] }
  await present(findings, options, world)
  return exitOf(findings, options)
}

/** Asks every selected account's marketplace, but for what asking could harm. @returns what failed, naming the account. */
async function probe({ accounts }: StatusOptions, world: World): Promise<TokenctlError[]> {
  const { renewSelected } = await import('../renewing.ts')
  const results = await renewSelected({ accounts, mode: 'probe', concurrency: 4 }, world)
  return results.flatMap(({ account, error }) =>
    error === null ? [] : [withAccount(error, `${account.marketplace}:${account.name}`)],
  )
}

function withAccount(error: TokenctlError, account: string): TokenctlError {
  if (error.account !== undefined || error.message.includes(account)) return error
  return new TokenctlError(error.code, `${account}: ${error.message}`, {
    account,
    fix: error.fix,
    cause: error,
  })
}

async function present(findings: StatusFindings, options: StatusOptions, world: World): Promise<void> {
  if (options.json === true) {
    world.terminal.out(renderJson(reportOf(findings)))
  } else {
    const { presentStatus } = await import('../render/status.ts')
    await presentStatus(findings, options.plain === true, world)
  }
  if (findings.problems.length === 0) return
  const { presentProblem } = await import('../render/error.ts')
  for (const problem of findings.problems) presentProblem(problem, world.terminal)
}

function reportOf(findings: StatusFindings): StatusReport {
  return {
    version: 1,
    now: toIso(findings.now),
    store: findings.store,
    accounts: findings.accounts.map(account => accountRow(account, findings.now)),
    apps: findings.apps.map(appRow),
    notConnected: [...findings.notConnected],
    lastOpenedAt: findings.lastOpened === undefined ? null : toIso(findings.lastOpened.at),
    warnings: [...findings.warnings, ...findings.problems.map(problem => problem.message)],
  }
}

function exitOf(findings: StatusFindings, options: StatusOptions): Exit {
  const problems = findings.problems.map(problem => problem.exit)
  if (options.check !== true) return gravest(problems)
  // Nothing that could be watched is connected: a monitor that calls this fine would watch nothing for ever.
  if (findings.accounts.length === 0) return gravest([...problems, 3])
  const accounts = findings.accounts.map(({ assessment: { state, mender } }): Exit => {
    if (state === 'ok') return 0
    return mender === 'program' ? 4 : 3
  })
  // Amazon's first notice comes half a secret's life before its end; what counts as "must act" is the second.
  const [, mustAct] = SECRET_WARNING_DAYS
  const apps = findings.apps.map(
    ({ assessment: { warning } }): Exit => (warning !== null && warning <= mustAct ? 3 : 0),
  )
  const missing = findings.missing.map((): Exit => 3)
  return gravest([...problems, ...accounts, ...apps, ...missing])
}
