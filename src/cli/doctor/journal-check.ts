/**
 * What killed runs left on its way between a marketplace and the vault: what waits, what the next `renew` makes of it,
 * and what an earlier one moved aside. Reads first lines only; moves and removes nothing.
 */
import { join } from 'node:path'
import { isTokenctlError } from '../../errors.ts'
import { MINUTE } from '../../tokens/time.ts'
import { type HeadEntry, type JournalHead, journalHeads } from '../../vault/journal-head.ts'
import { keySubject } from '../../vault/records.ts'
import { showTime } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** A renewal has a minute for its call at most, so a younger mark is most likely a run at work. */
const AT_WORK_MS = 2 * MINUTE
const ASIDE = /\.journal\.[a-z-]+-\d+$/

/** The findings on journals. */
export async function journalChecks({ vault, machine, now }: Ground): Promise<readonly Finding[]> {
  if (vault?.store === undefined) return [skipped('journal', 'Nothing was stored, so nothing is on its way.')]
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
