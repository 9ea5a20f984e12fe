/**
 * `status` as a monitoring plugin: one line and an exit status of its own, for Nagios, Icinga and what speaks like them.
 * The line holds no `|` but the one before the figures, and no newline, whatever an account or an error is called.
 *
 * @see https://www.monitoring-plugins.org/doc/guidelines.html, checked 2026-11-23
 */
import type { TokenctlError } from '../../errors.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { MarketplaceRules } from '../rules.ts'
import { nextCommand, nextMender, secretCommand } from '../status/act-by.ts'
import { endsWithin, type Horizon, renewsWithin, secretCounts } from '../status/status-check.ts'
import type { ExportFindings } from '../status/status-exports.ts'
import type { AssessedAccount, AssessedApp } from '../status/status-report.ts'
import { showDay } from './dates.ts'
import { safeLine } from './safe-text.ts'

/** A plugin's exit statuses, which are not those of other commands. */
const EXITS = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const
type Level = keyof typeof EXITS

/** What counts when several things are wrong, gravest first. */
const GRAVITY: readonly Level[] = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK']

// Nagios reads 4 KB of what a plugin prints, the newline and its own end among them:
// https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/pluginapi.html, checked 2026-11-23
const LONGEST_LINE = 4000
// The words alone fit into a packet of NRPE 2, which has 1,024 bytes.
const LONGEST_WORDS = 900

export interface NagiosVerdict {
  /** With a newline at its end. */
  readonly line: string
  readonly exit: (typeof EXITS)[Level]
}

/** Something that is not as it should be. */
interface Complaint {
  readonly level: Level
  readonly words: string
}

/** The findings as one line: what is wrong and what to type, the gravest first, then the figures. */
export function nagiosVerdict(
  findings: ExportFindings,
  horizon: Horizon,
  rules: Pick<MarketplaceRules, 'adapterOf'>,
): NagiosVerdict {
  const complaints = [
    ...findings.accounts.flatMap(account => accountComplaint(account, horizon) ?? []),
    ...findings.accounts.flatMap(account => deliveryComplaint(account) ?? []),
    ...findings.apps.flatMap(app => appComplaint(app, horizon, rules) ?? []),
    ...findings.missing.map(id => ({ level: 'CRITICAL', words: `${id} is not connected` }) as const),
    ...findings.problems.map(problemComplaint),
  ]
  const { accounts, narrowed } = findings
  if (accounts.length + complaints.length === 0 && (narrowed?.leftOut ?? 0) === 0)
    complaints.push({
      level: 'UNKNOWN',
      words:
        narrowed?.isFiltered === true
          ? 'no account matches: tokenctl accounts list'
          : 'nothing is connected: tokenctl login',
    })
  const sorted = GRAVITY.flatMap(level => complaints.filter(each => each.level === level))
  const level = sorted[0]?.level ?? 'OK'
  const words = sorted.length === 0 ? goodWords(findings) : listed(sorted.map(each => each.words))
  return verdict(level, words, figures(findings, horizon))
}

/** The line for a run that found out nothing, whatever ended it: a plugin has no other status for that. */
export function nagiosUnknown({ message, fix, code }: TokenctlError): NagiosVerdict {
  return verdict('UNKNOWN', `${message} ${fix} (${code})`, [])
}

function verdict(level: Level, words: string, data: readonly string[]): NagiosVerdict {
  let line = `TOKENCTL ${level} - ${cut(words, LONGEST_WORDS)}`
  for (const [index, figure] of data.entries()) {
    const longer = `${line}${index === 0 ? ' | ' : ' '}${figure}`
    if (Buffer.byteLength(longer) > LONGEST_LINE) break
    line = longer
  }
  return { line: `${line}\n`, exit: EXITS[level] }
}

function accountComplaint(account: AssessedAccount, horizon: Horizon): Complaint | undefined {
  const { header, assessment } = account
  const { state, ends, renewBy } = assessment
  const ending = endsWithin(account, horizon)
  if (state === 'ok' && !ending && !renewsWithin(account, horizon)) return undefined
  const command = nextCommand(account, ending ? 'person' : nextMender(account, horizon.policyOf(account)))
  const dates =
    ends !== null && (ending || state === 'expiring')
      ? `, end ${showDay(ends.at)}`
      : state === 'ok' && renewBy !== null
        ? `, renew by ${showDay(renewBy)}`
        : ''
  return {
    level: state === 'rejected' || state === 'expired' || ending ? 'CRITICAL' : 'WARNING',
    words: `${header.account} ${state}${dates} (${command ?? 'tokenctl status'})`,
  }
}

/** Tokens that did not arrive where they are used: a shop that stands still, whatever its dates say. */
function deliveryComplaint({ header }: AssessedAccount): Complaint | undefined {
  const state = deliveryState(header)
  if (state === null || state === 'delivered') return undefined
  return {
    level: state === 'failed' ? 'CRITICAL' : 'WARNING',
    words: `${header.account} delivery ${state} (tokenctl deliver ${header.account})`,
  }
}

function appComplaint(
  app: AssessedApp,
  horizon: Horizon,
  { adapterOf }: Pick<MarketplaceRules, 'adapterOf'>,
): Complaint | undefined {
  const { header, assessment } = app
  const { state, endsAt } = assessment
  if (endsAt === null || !secretCounts(app, horizon)) return undefined
  const isNear = state === 'expired' || (horizon.until !== null && endsAt <= horizon.until)
  const command = secretCommand(app, adapterOf(header.marketplace))
  return {
    level: isNear ? 'CRITICAL' : 'WARNING',
    words: `secret of the ${header.marketplace} app ${header.name} ${state}, end ${showDay(endsAt)} (${command})`,
  }
}

/** A record that cannot be read is a shop that cannot be renewed; what the next run may mend is a warning. */
function problemComplaint({ message, code, exit }: TokenctlError): Complaint {
  const level = exit === 4 ? 'WARNING' : exit === 1 ? 'UNKNOWN' : 'CRITICAL'
  return { level, words: `${message} (${code})` }
}

function goodWords({ accounts }: ExportFindings): string {
  const next = accounts
    .flatMap(({ header, assessment: { renewBy } }) =>
      renewBy === null ? [] : [{ account: header.account, renewBy }],
    )
    .sort((a, b) => a.renewBy - b.renewBy)[0]
  const count = accounts.length === 1 ? '1 account' : `${accounts.length} accounts`
  return next === undefined ? count : `${count}, next ${next.account} by ${showDay(next.renewBy)}`
}

/** As many as there is room for, and how many more there are. */
function listed(words: readonly string[]): string {
  const room = LONGEST_WORDS - Buffer.byteLength('; and 100000 more')
  let text = cut(words[0] ?? '', room)
  for (const [index, each] of words.entries()) {
    if (index === 0) continue
    const longer = `${text}; ${harmless(each)}`
    if (Buffer.byteLength(longer) > room) return `${text}; and ${words.length - index} more`
    text = longer
  }
  return text
}

/** Harmless words of at most so many bytes, cut between two characters. */
function cut(words: string, bytes: number): string {
  const text = harmless(words)
  if (Buffer.byteLength(text) <= bytes) return text
  let short = ''
  for (const character of text) {
    if (Buffer.byteLength(short) + Buffer.byteLength(character) > bytes - 3) break
    short += character
  }
  return `${short}...`
}

/** On one line, without the sign that begins the figures, nor the one that Nagios takes out of what it passes on. */
function harmless(text: string): string {
  return safeLine(text).replaceAll('|', '/').replaceAll('`', '')
}

/** How much time is left, in seconds, with what a threshold would be; what is unknown is left out. */
function figures({ accounts, unreadable, now }: ExportFindings, { until }: Horizon): string[] {
  // `300:` is "alert below 300".
  const near = `${until === null ? 0 : seconds(until - now)}:`
  const persons = accounts.filter(({ assessment }) => assessment.mender === 'person').length
  return [
    `accounts=${accounts.length}`,
    `need_person=${persons}`,
    `unreadable=${unreadable}`,
    ...accounts.flatMap(({ header, assessment: { ends, renewBy } }) => [
      ...(ends === null ? [] : [`${quoted(`${header.account}_end`)}=${seconds(ends.at - now)}s;;${near}`]),
      ...(renewBy === null
        ? []
        : [`${quoted(`${header.account}_renew_by`)}=${seconds(renewBy - now)}s;${near}`]),
    ]),
  ]
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

/** A label, quoted always: what is between the quotes may hold anything but `=`, and a quote is two. */
function quoted(label: string): string {
  return `'${harmless(label).replaceAll('=', '_').replaceAll("'", "''")}'`
}
