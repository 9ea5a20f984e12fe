/**
 * The sentences of notices: what, which shop, what to type, in one line that is read on a lock screen, in a chat and in
 * a mail's subject. All of them stand here. They are ASCII, hold nothing that a marketplace wrote, and nothing that a
 * chat could take for a mention or an emoji, nor for a link but the host that the person hands tokens on to.
 */
import type { Assessment } from '../../renewal/assess.ts'
import type { failureKind, recoveryKind } from '../../renewal/notices.ts'
import { parseDate } from '../../tokens/time.ts'
import type { Facts } from '../notices/notice-facts.ts'
import type { NoticeRow } from '../shapes/notice-shape.ts'
import { showDay, showTime } from './dates.ts'
import { reasonFor } from './words.ts'

export interface NoticeSentence {
  readonly event: NoticeRow['event']
  readonly facts: Facts
  /** The marketplace's name as people write it. */
  readonly title: string
  /** Null for an app, and for an account that cannot be read. */
  readonly assessment: Assessment | null
  readonly failure: ReturnType<typeof failureKind> | null
  readonly recovery: ReturnType<typeof recoveryKind> | null
  /** Failures in a row: of renewals, or of deliveries where it is about those. */
  readonly count: number
  readonly tracked: boolean
}

/** The notice in one line. */
export function noticeLine(sentence: NoticeSentence): string {
  const { command } = sentence.facts
  return `${WHAT[sentence.event](sentence)}. ${command === null ? 'Nothing to type.' : `Type: ${command}`}`
}

/** One line over several notices: how many, of whom, and where all of them are seen. */
export function severalLine(rows: readonly Pick<NoticeRow, 'account' | 'app'>[]): string {
  const names = [...new Set(rows.map(({ account, app }) => account ?? `app ${app}`))]
  const shown = names.slice(0, NAMED)
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return `tokenctl has ${rows.length} notices: ${shown.join(', ')}${more}. Type: tokenctl status`
}

/** A first line with more names is read by nobody; all of them stand below it. */
const NAMED = 5

const WHAT: Readonly<Record<NoticeRow['event'], (sentence: NoticeSentence) => string>> = {
  ending: ({ facts, title }) => `${shop(facts, title)}: the consent ends ${inDays(facts)}`,
  due: sentence =>
    `${shop(sentence.facts, sentence.title)} is due: ${why(sentence)}${failureOf(sentence.facts)}`,
  failed: failedWords,
  undelivered: ({ facts, title, count }) =>
    facts.delivery?.state === 'failed'
      ? `${shop(facts, title)}: ${receiver(facts)} did not take its newest tokens`
      : `${shop(facts, title)}: its newest tokens do not reach ${receiver(facts)}, ${count} times in a row (${facts.code})`,
  recovered: recoveredWords,
  'secret-ending': ({ facts, title }) =>
    `${title} app ${facts.name}: its client secret ${(facts.daysLeft ?? 0) < 0 ? 'ended' : 'ends'} ${inDays(facts)}`,
  test: () => 'This is a test of tokenctl: notices reach you here',
}

function failedWords(sentence: NoticeSentence): string {
  const { facts, title, failure, count } = sentence
  const who = shop(facts, title)
  switch (failure) {
    case 'unreadable':
      return `${who} cannot be renewed: its record cannot be read (${facts.code})`
    case 'failing':
      return `${who} fails: ${count} times in a row (${facts.code})`
    case 'unconfirmed':
      return `${who} is unconfirmed: ${why(sentence)}`
    default:
      return `${who} is dead: ${why(sentence)}`
  }
}

function recoveredWords({ facts, title, recovery }: NoticeSentence): string {
  const who = shop(facts, title)
  if (recovery === 'delivery') return `${who}: its tokens reach ${receiver(facts)} again`
  if (facts.gap === null) return `${who} works again`
  const { from, to } = facts.gap
  return `${who} works again. It was dead from ${time(from)} to ${time(to)}, and orders of that time may be missing`
}

/** A host or a path, without what a chat could read for more than that. */
function receiver({ delivery }: Facts): string {
  return (delivery?.target ?? 'its receiver').replace(/[^\w./[\]: -]/g, '?')
}

/** `ebay:main (eBay)`. No colon follows the name: a chat would read `:main:` as an emoji. */
function shop({ account }: Facts, title: string): string {
  return `${account} (${title})`
}

/** What the run that tells it made of it, where it could have renewed it. */
function failureOf({ outcome, code }: Facts): string {
  return outcome === 'failed' ? `, and renewing it failed (${code})` : ''
}

function why({ assessment, title, tracked }: NoticeSentence): string {
  return assessment === null ? 'unknown' : reasonFor(assessment, { title }, tracked, showDay)
}

function inDays({ ends, daysLeft }: Facts): string {
  const isEstimated = ends.basis === 'estimated'
  const day = ends.at === null ? 'an unknown day' : showDay(parseDate(ends.at) ?? 0)
  const words = spanOf(daysLeft ?? 0, isEstimated ? 'about ' : '')
  return isEstimated ? `${words}, around ${day} (estimated)` : `${words}, on ${day}`
}

function spanOf(days: number, about: string): string {
  if (days < 0) return days === -1 ? 'within the last day' : `${-days - 1} days ago`
  if (days === 0) return `within ${about}a day`
  return days === 1 ? `in ${about}1 day` : `in ${about}${days} days`
}

function time(iso: string): string {
  return showTime(parseDate(iso) ?? 0)
}
