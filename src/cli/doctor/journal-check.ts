/**
 * What killed runs left on its way between a marketplace and the vault: what waits, what the next `renew` makes of it,
 * and what an earlier one moved aside. Reads first lines only; moves and removes nothing.
 */
import { join } from 'node:path'
import { isTokenctlError } from '../../errors.ts'
import { MINUTE } from '../../tokens/time.ts'
import { type HeadEntry, type JournalHead, journalEntry, journalHeads } from '../../vault/journal-head.ts'
import type { PostgresStore } from '../../vault/postgres/store.ts'
import { keySubject } from '../../vault/records.ts'
import { showTime } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** A renewal has a minute for its call at most, so a younger mark is most likely a run at work. */
const AT_WORK_MS = 2 * MINUTE
/** Of those that wait in the database of a fleet. */
const TOLD = 5
const ASIDE = /\.journal\.[a-z-]+-\d+$/

/** The findings on journals. */
export async function journalChecks({ vault, machine, now }: Ground): Promise<readonly Finding[]> {
  if (vault?.error !== undefined) return [skipped('journal', 'Not looked at: the vault cannot be seen.')]
  if (vault?.store === undefined) return [skipped('journal', 'Nothing was stored, so nothing is on its way.')]
  if (vault.fleet !== undefined) return await fleetFindings(vault.fleet, now)
  const folder = join(vault.parts.stateDir, 'journal')
  try {
    const heads = await journalHeads(vault.store.journal)
    const found = [
      ...heads.flatMap(head => headFinding(head, now) ?? []),
      ...asideFindings(folder, machine.namesIn(folder)),
    ]
    return found.length > 0 ? found : [ok('journal', 'No renewal was cut off.')]
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('journal', error, { where: folder })]
  }
}

/** What is on its way over all machines: told one by one as far as a person would read on. */
async function fleetFindings(fleet: PostgresStore, now: number): Promise<readonly Finding[]> {
  const { session } = fleet
  try {
    const { surveyJournal } = await import('../../vault/postgres/survey.ts')
    const { underWay, waiting, waitingKeys, aside } = await surveyJournal(session, TOLD)
    const heads = await Promise.all(waitingKeys.map(key => journalEntry(key, fleet.journal)))
    const found = [
      ...heads.flatMap(head => (head === undefined ? [] : (headFinding(head, now) ?? []))),
      ...(waiting > TOLD ? [moreWaiting(waiting, session.place)] : []),
      ...rowsAside(aside, session.place),
    ]
    const running = underWay === 1 ? '1 renewal is under way.' : `${underWay} renewals are under way.`
    const busy = underWay === 0 ? [] : [ok('journal', running, session.place)]
    return found.length > 0 || underWay > 0
      ? [...busy, ...found]
      : [ok('journal', 'No renewal was cut off.', session.place)]
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('journal', error, { where: session.place })]
  }
}

function moreWaiting(waiting: number, where: string): Finding {
  return warning(
    'journal',
    `${waiting} renewals wait to be finished; the ${TOLD} that have waited longest are told here.`,
    {
      where,
      mend: '`tokenctl renew --all --due`, or a worker, finishes them.',
    },
  )
}

function rowsAside(names: readonly string[], where: string): readonly Finding[] {
  const [first] = names
  if (first === undefined) return []
  const rows = names.length === 1 ? `row "${first}"` : `${names.length} rows, among them "${first}"`
  return [
    warning(
      'journal',
      `What a run left could not be used and was moved aside: ${rows} of tokenctl.journal_aside.`,
      {
        where,
        mend: 'It may hold the only copy of a token. Once `tokenctl status` shows its account as ok, remove it.',
      },
    ),
  ]
}

function headFinding(head: HeadEntry, now: number): Finding | undefined {
  const where = keySubject(head.key)
  if ('problem' in head)
    return warning(
      'journal',
      `A renewal of ${where} was cut off, and what it left cannot be read. ${head.problem.message}`,
      {
        where,
        mend: `\`tokenctl renew ${where}\` moves it aside and asks the marketplace; nothing is removed.`,
      },
    )
  const isYoung = now - head.at < AT_WORK_MS && now >= head.at
  if (isYoung) return ok('journal', `A renewal of ${where} is under way, or was cut off a moment ago.`, where)
  return waiting(head, where)
}

function waiting({ purpose, isAnswered, mayReplace, at }: JournalHead, where: string): Finding {
  const [marketplace, name] = where.split(':')
  const mend =
    purpose === 'brought'
      ? `\`tokenctl set-${marketplace} ${name}\` finishes it.`
      : purpose === 'consent'
        ? `\`tokenctl login ${where}\` finishes it.`
        : `\`tokenctl renew ${where}\` ${isAnswered ? 'stores it without asking again.' : 'finds out, and says before what it risks.'}`
  if (isAnswered)
    return warning('journal', `An answer for ${where} of ${showTime(at)} waits to be stored.`, {
      where,
      mend,
    })
  if (purpose === 'brought')
    return warning('journal', `A token that was brought for ${where} waits to be proven.`, { where, mend })
  if (purpose === 'consent' || !mayReplace)
    return ok(
      'journal',
      `A renewal of ${where} was cut off before an answer; the token is as it was, and the next run clears the mark.`,
      where,
    )
  return warning(
    'journal',
    `A renewal of ${where} was sent ${showTime(at)}, and its answer was never stored.`,
    { where, mend },
  )
}

/** Told together: a folder of them has one cause more often than many. */
function asideFindings(folder: string, names: readonly string[]): readonly Finding[] {
  const aside = names.filter(name => ASIDE.test(name))
  const [first] = aside
  if (first === undefined) return []
  const path = join(folder, first)
  const what =
    aside.length === 1
      ? `What a run left could not be used and was moved aside: ${path}.`
      : `What runs left could not be used and was moved aside: ${aside.length} files, among them ${path}.`
  return [
    warning('journal', what, {
      where: path,
      mend: 'It may hold the only copy of a token. Once `tokenctl status` shows its account as ok, remove it.',
    }),
  ]
}
