/**
 * Notices at the end of a run: what is due is told to each channel, and that it was told is written down at once, so that
 * a run that is killed repeats one message at most. A channel that fails is left for this run and tried at the next.
 * Nothing here throws: what went wrong is told in sentences, and no renewal comes out otherwise for it.
 */
import { asTokenctlError } from '../../errors.ts'
import { afterTelling, type Notice, noticesOf, type Standing } from '../../renewal/notices.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { formatAccount } from '../../tokens/account.ts'
import { toIso } from '../../tokens/time.ts'
import type { ChannelHeader } from '../../vault/channel-header.ts'
import type { Listing } from '../../vault/listings.ts'
import type { Vault } from '../../vault/vault.ts'
import { severalLine } from '../render/notice-words.ts'
import { safeLine } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { accountOf, refOf } from '../selection.ts'
import type { NoticeMessage, NoticeRow } from '../shapes/notice-shape.ts'
import { assessAccounts, assessApps } from '../status/status-report.ts'
import type { World } from '../world.ts'
import { noticeRow } from './notice-facts.ts'
import { type NoticeMarks, readNoticeMarks } from './notice-marks.ts'
import { sendNotice } from './send-notice.ts'

export interface NotifyRequest {
  readonly vault: Vault
  readonly channels: readonly ChannelHeader[]
  readonly results: readonly RenewResult[]
  /** What the run was asked for: `ebay`, `ebay:main`; nothing means all. */
  readonly words: readonly string[]
}

/** So many things are told one by one; more at once are one message. */
const ONE_BY_ONE = 5

/**
 * A channel that took so long, all in all, gets no further message in this run: with the last one's own ten seconds this
 * stays below the half minute that another run waits for what was told, and for the hooks that are owed.
 */
const TELLING_MS = 15_000

/** Tells what is due. @returns what did not work, in whole sentences */
export async function notify(request: NotifyRequest, world: World): Promise<readonly string[]> {
  const channels = request.channels.filter(({ way }) => way.kind !== 'heartbeat')
  if (channels.length === 0) return []
  try {
    return await world.locks.hold('notices', () => tell({ ...request, channels }, world))
  } catch (error) {
    const { code, message, fix } = asTokenctlError(error)
    // Another run is telling, and the next one looks again.
    return code === 'LOCK_HELD' ? [] : [safeLine(`No notice was sent: ${message} ${fix}`)]
  }
}

/** One thing to tell, with the record that it is of and how it leaves this machine. */
interface Due {
  readonly key: string
  readonly notice: Notice
  readonly row: NoticeRow
}

async function tell(request: NotifyRequest, world: World): Promise<readonly string[]> {
  const { vault, channels } = request
  const { marks, note } = readNoticeMarks(world)
  const listing = await vault.listing()
  const due = dueOf(listing, marks, request, world)
  marks.keepOnly(listing)
  const notes = await Promise.all(
    channels.map(channel => tellChannel(channel, due, { marks, channels, vault }, world)),
  )
  return [...(note === null ? [] : [note]), ...notes.flat()]
}

function dueOf(listing: Listing, marks: NoticeMarks, request: NotifyRequest, world: World): readonly Due[] {
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const standings: (readonly [key: string, standing: Standing])[] = [
    ...assessAccounts(listing.accounts, rules, now).map(({ header, adapter, assessment }) => {
      const policy = rules.policyOf(adapter)
      return [`account/${header.account}`, { kind: 'account' as const, header, assessment, policy }] as const
    }),
    ...listing.unreadable.flatMap(record => {
      const account = accountOf(record)
      if (account === undefined) return []
      const standing = {
        kind: 'unreadable',
        account: formatAccount(account),
        code: record.error.code,
      } as const
      return [[record.key, standing] as const]
    }),
    ...assessApps(listing.apps, rules, now).map(({ header, assessment }) => {
      const app = `${header.marketplace}:${header.name}`
      return [`app/${app}`, { kind: 'app' as const, app, assessment }] as const
    }),
  ]
  return standings
    .filter(([key]) => isWanted(key, request.words))
    .flatMap(([key, standing]) =>
      noticesOf(standing, marks.of(key), now).map(notice => {
        const row = noticeRow(notice, resultOf(key, request.results), rules)
        return { key, notice, row }
      }),
    )
}

/** A run tells of what it was asked for; an app goes with its marketplace. */
function isWanted(key: string, words: readonly string[]): boolean {
  const [kind, subject = ''] = key.split('/')
  const { marketplace } = refOf({ account: subject })
  if (words.length === 0) return true
  return words.some(word =>
    kind === 'app' ? word.split(':')[0] === marketplace : word === marketplace || word === subject,
  )
}

function resultOf(key: string, results: readonly RenewResult[]): RenewResult | null {
  return results.find(({ account }) => key === `account/${formatAccount(account)}`) ?? null
}

interface Telling {
  readonly marks: NoticeMarks
  readonly channels: readonly ChannelHeader[]
  readonly vault: Vault
}

/** Sends one channel what it is to take, message by message, up to the first that it does not take. */
async function tellChannel(
  channel: ChannelHeader,
  due: readonly Due[],
  { marks, channels, vault }: Telling,
  world: World,
): Promise<readonly string[]> {
  const { name } = channel
  const mine = due.filter(({ notice }) => notice.only === null || notice.only.includes(name))
  const groups = mine.length > ONE_BY_ONE ? [mine] : mine.map(each => [each])
  const began = world.clock.now()
  for (const [index, group] of groups.entries()) {
    if (world.clock.now() - began >= TELLING_MS) return [tooSlow(name, groups.length - index)]
    // Whoever stops the run has it stop here too; what was not told is told by the next.
    if (world.signal.aborted) return []
    try {
      await sendNotice(
        channel,
        messageOf(
          group.map(({ row }) => row),
          world,
        ),
        vault,
        world,
      )
    } catch (error) {
      const { message, fix } = asTokenctlError(error)
      return [safeLine(`The notice channel ${name} did not take a notice. ${message} ${fix}`)]
    }
    for (const { key, notice } of group) {
      const others = channels.map(each => each.name).filter(other => other !== name)
      const missed = notice.only === null && !wasTold(marks, key, notice) ? others : []
      marks.set(key, afterTelling(marks.of(key), notice, { took: [name], missed }, world.clock.now()))
    }
    try {
      marks.save()
    } catch (error) {
      const { message, fix } = asTokenctlError(error)
      return [safeLine(`What was told could not be written down, so it comes again. ${message} ${fix}`)]
    }
  }
  return []
}

function tooSlow(name: string, left: number): string {
  const rest = left === 1 ? 'One more message waits' : `${left} more messages wait`
  return `The notice channel ${name} is slow. ${rest} for the next run.`
}

/** Whether another channel took this very notice in this run. */
function wasTold(marks: NoticeMarks, key: string, { event, key: of, days }: Notice): boolean {
  return marks.of(key).some(mark => mark.event === event && mark.key === of && mark.days === days)
}

/** The message over one or several notices. */
export function messageOf(rows: readonly NoticeRow[], world: Pick<World, 'run' | 'clock'>): NoticeMessage {
  const [first] = rows
  const text = rows.length === 1 && first !== undefined ? first.text : severalLine(rows)
  return { version: 1, run: world.run, at: toIso(world.clock.now()), text, notices: [...rows] }
}
