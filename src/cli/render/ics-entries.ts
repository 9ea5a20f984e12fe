/**
 * What stands in the calendar of `status --format ics`: an entry for each account that a person must do something for
 * on a known day, or that nobody renewed in time; for each app whose secret ends; and one where records cannot be read.
 */
import { createHash } from 'node:crypto'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { Assessment } from '../../renewal/assess.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { refOf } from '../selection.ts'
import { nextAct, nextCommand, secretActBy, secretCommand } from '../status/act-by.ts'
import type { Horizon } from '../status/status-check.ts'
import type { ExportFindings } from '../status/status-exports.ts'
import type { AssessedAccount, AssessedApp } from '../status/status-report.ts'
import { showDay } from './dates.ts'
import type { CalendarEntry } from './ics.ts'
import { reasonFor } from './words.ts'

export interface EntryRules {
  readonly policyOf: Horizon['policyOf']
  readonly adapterOf: (marketplace: string) => MarketplaceAdapter
  /** Two vaults in one person's calendar must not take each other's entries for their own. */
  readonly vaultId: string
}

/** Days before the day on which something must be done, each an alarm. */
const ALARM_DAYS = [30, 14, 7, 1]

/** The entries, by account and app and not by state, so that two exports can be compared. */
export function calendarEntries(findings: ExportFindings, rules: EntryRules): CalendarEntry[] {
  const { now, unreadable } = findings
  const entries = [
    ...findings.accounts.flatMap(account => accountEntry(account, rules, now) ?? []),
    ...findings.apps.flatMap(app => appEntry(app, rules, now) ?? []),
    ...(unreadable === 0 ? [] : [unreadableEntry(unreadable, rules, now)]),
  ]
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => entry)
}

interface KeyedEntry {
  readonly key: string
  readonly entry: CalendarEntry
}

function accountEntry(account: AssessedAccount, rules: EntryRules, now: EpochMs): KeyedEntry | undefined {
  const { header, adapter, assessment } = account
  const act = nextAct(account, rules.policyOf(account), now)
  if (act === null) return undefined
  const command = nextCommand(account, act.by) ?? 'tokenctl status'
  const isRenewed = assessment.state === 'ok' && adapter.refreshRenews && header.holdsToken
  const reason = isRenewed
    ? `a program renews it${adapter.lifetimeFrom === 'refresh' ? '' : ', until its consent ends'}`
    : reasonFor(assessment, adapter, !header.holdsToken, showDay)
  const description = [
    `${header.account} is ${assessment.state}: ${reason}.`,
    ...endWords(assessment),
    ...(header.seller === null ? [] : [`Seller: ${header.seller}`]),
    `Type: ${command}`,
  ]
  return {
    key: `account/${header.account}`,
    entry: entryOf(`account/${header.account}`, rules, {
      at: act.at,
      now,
      isOverdue: act.isOverdue,
      // What the next run does by itself is worth a line in the calendar and no alarm.
      isQuiet: act.by === 'program',
      changedAt: lastChange(header),
      summary: `Renew ${adapter.title} ${refOf(header).name}: ${command}`,
      description: description.join('\n'),
    }),
  }
}

/** When the consent ends, where the reason for the state does not say so already. */
function endWords({ state, ends }: Assessment): string[] {
  if (state === 'expired' || state === 'expiring') return []
  if (ends === null) return ['Nobody knows when its consent ends.']
  return [`Its consent ends ${showDay(ends.at)}${ends.basis === 'estimated' ? ' (estimated)' : ''}.`]
}

function appEntry(app: AssessedApp, rules: EntryRules, now: EpochMs): KeyedEntry | undefined {
  const { header, assessment } = app
  const at = secretActBy(app)
  if (at === null || assessment.endsAt === null) return undefined
  const adapter = rules.adapterOf(header.marketplace)
  const { title } = adapter
  const command = secretCommand(app, adapter)
  const key = `app/${header.marketplace}:${header.name}`
  return {
    key,
    entry: entryOf(key, rules, {
      at: Math.max(at, now),
      now,
      isOverdue: at <= now,
      isQuiet: false,
      changedAt: header.secretIssuedAt,
      summary: `New secret for the ${title} app ${header.name}: ${command}`,
      description: `The secret of the ${title} app ${header.name} ${assessment.state === 'expired' ? 'ended' : 'ends'} ${showDay(assessment.endsAt)}, and with it every renewal of its accounts.\nRotate it in the developer console, then type: ${command}`,
    }),
  }
}

function unreadableEntry(count: number, rules: EntryRules, now: EpochMs): KeyedEntry {
  const records = count === 1 ? '1 record' : `${count} records`
  const key = 'unreadable'
  return {
    key,
    entry: entryOf(key, rules, {
      at: now,
      now,
      isOverdue: true,
      isQuiet: false,
      changedAt: null,
      summary: `tokenctl cannot read ${records}: tokenctl status --verify`,
      description: 'What it cannot read it cannot renew, and has no other entry in this calendar.',
    }),
  }
}

interface Content extends Pick<CalendarEntry, 'summary' | 'description' | 'changedAt'> {
  readonly at: EpochMs
  readonly now: EpochMs
  /** The entry stands on the present day until it is done, and so changes every day. */
  readonly isOverdue: boolean
  readonly isQuiet: boolean
}

function entryOf(key: string, { vaultId }: EntryRules, content: Content): CalendarEntry {
  const { at, now, isOverdue, isQuiet, summary, description } = content
  const day = showDay(at)
  const today = showDay(now)
  const ahead = (Date.parse(day) - Date.parse(today)) / DAY
  // No day's begin may lie ahead of the time that the file was made at, nor may what a wrong clock wrote.
  const changes = [content.changedAt, isOverdue ? Date.parse(today) : null].flatMap(each => each ?? [])
  return {
    uid: `${createHash('sha256').update(`${vaultId}\n${key}`).digest('hex').slice(0, 32)}@tokenctl`,
    day,
    summary,
    description,
    changedAt: changes.length === 0 ? null : Math.min(now, Math.max(...changes)),
    alarms: isQuiet ? [] : ahead === 0 ? [0] : ALARM_DAYS.filter(days => days <= ahead),
  }
}

/** When an account's record last changed in a way that an entry tells of; null where nothing is known. */
function lastChange(header: AccountHeader): EpochMs | null {
  const { consentAt, renewedAt, acceptedAt, presentedAt, pendingAt, refused, lastAttempt } = header
  const known = [consentAt, renewedAt, acceptedAt, presentedAt, pendingAt, refused?.at, lastAttempt?.at]
  const points = known.flatMap(at => at ?? [])
  return points.length === 0 ? null : Math.max(...points)
}
