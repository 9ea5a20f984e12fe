/** From a notice, or a hook's call, to the facts of it that leave this machine: names, dates, states, codes, and no more. */
import { type Assessment, assess } from '../../renewal/assess.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { Outcome } from '../../renewal/hooks.ts'
import { failureKind, type Notice, recoveryKind, type Standing } from '../../renewal/notices.ts'
import { DEFAULT_NAME } from '../../tokens/account.ts'
import { type EpochMs, toIso } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { appWords } from '../keys/app-words.ts'
import { noticeLine } from '../render/notice-words.ts'
import { commandFor } from '../render/words.ts'
import type { MarketplaceRules } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { NoticeRow } from '../shapes/notice-shape.ts'
import { endsOf } from '../status/status-report.ts'

/** The facts without the sentence that is made of them. */
export type Facts = Omit<NoticeRow, 'text' | 'event'>

const NONE: Facts = {
  account: null,
  app: null,
  marketplace: null,
  name: null,
  state: null,
  outcome: null,
  code: null,
  ends: { at: null, basis: null },
  renewBy: null,
  daysLeft: null,
  gap: null,
  delivery: null,
  command: null,
}

/** A notice as it leaves this machine; `result` is what the run did with the account, where it did something. */
export function noticeRow(notice: Notice, result: Outcome | null, rules: MarketplaceRules): NoticeRow {
  const { event, standing } = notice
  const facts = factsOf(notice, result, rules)
  const adapter = rules.adapterOf(facts.marketplace ?? '')
  const why = standing.kind === 'account' ? standing.assessment : null
  const failure = event === 'failed' ? failureKind(notice) : null
  const recovery = event === 'recovered' ? recoveryKind(notice) : null
  const header = standing.kind === 'account' ? standing.header : null
  const failing = event === 'undelivered' ? header?.delivery?.failing : header?.failing
  const count = failing?.count ?? 0
  const tracked = header !== null && !header.holdsToken
  const { title } = adapter
  const text = noticeLine({ event, facts, title, assessment: why, failure, recovery, count, tracked })
  return { event, ...facts, text }
}

/** What a channel is tried with. */
export function testRow(): NoticeRow {
  const event = 'test'
  return {
    event,
    ...NONE,
    text: noticeLine({
      event,
      facts: NONE,
      title: '',
      assessment: null,
      failure: null,
      recovery: null,
      count: 0,
      tracked: false,
    }),
  }
}

function factsOf({ event, standing, key }: Notice, result: Outcome | null, rules: MarketplaceRules): Facts {
  if (standing.kind === 'app') return factsOfApp(standing, rules)
  if (standing.kind === 'unreadable')
    return {
      ...ofAccount(standing.account),
      outcome: result?.outcome ?? null,
      code: standing.code,
      command: 'tokenctl status --verify',
    }
  const facts = factsOfAccount(standing.header, standing.assessment, result, rules)
  const { header } = standing
  if (event === 'undelivered')
    return {
      ...facts,
      code: header.delivery?.failing?.code ?? null,
      command: `tokenctl deliver ${header.account}`,
    }
  // No order is missing for it.
  if (event === 'recovered' && recoveryKind({ key }) === 'delivery')
    return { ...facts, gap: null, command: null }
  if (event === 'recovered')
    return { ...facts, command: header.gap === null ? null : `tokenctl accounts ack ${header.account}` }
  if (event === 'ending') return { ...facts, command: consentCommand(standing, rules) }
  if (event === 'failed' && failureKind({ key }) === 'failing')
    return { ...facts, code: header.failing?.code ?? facts.code, command: failingCommand(header) }
  return facts
}

/** The facts of one account, for a hook. */
export function factsOfAccount(
  header: AccountHeader,
  assessment: Assessment,
  result: Outcome | null,
  rules: MarketplaceRules,
): Facts {
  const { marketplace } = refOf(header)
  const adapter = rules.adapterOf(marketplace)
  const { gap, delivery } = header
  const state = deliveryState(header)
  return {
    ...ofAccount(header.account),
    state: assessment.state,
    outcome: result?.outcome ?? null,
    code: result?.error?.code ?? header.refused?.code ?? header.failing?.code ?? null,
    ends: endsOf(assessment),
    renewBy: assessment.renewBy === null ? null : toIso(assessment.renewBy),
    daysLeft: assessment.daysLeft,
    gap: gap === null ? null : { from: toIso(gap.from), to: toIso(gap.to) },
    delivery: delivery === null || state === null ? null : { state, target: delivery.target },
    command: commandFor(assessment, adapter, header),
  }
}

/** The same, of an account as it stands at `now`, or of one whose record cannot be read. */
export function factsNow(
  { account, header }: { readonly account: string; readonly header: AccountHeader | null },
  result: Outcome | null,
  rules: MarketplaceRules,
  now: EpochMs,
): Facts {
  if (header === null)
    return { ...ofAccount(account), outcome: result?.outcome ?? null, code: result?.error?.code ?? null }
  const adapter = rules.adapterOf(refOf(header).marketplace)
  return factsOfAccount(header, assess(header, adapter, rules.policyOf(adapter), now), result, rules)
}

function ofAccount(account: string): Facts {
  const { marketplace, name } = refOf({ account })
  return { ...NONE, account, marketplace, name }
}

function factsOfApp({ app, assessment }: Extract<Standing, { kind: 'app' }>, rules: MarketplaceRules): Facts {
  const { marketplace, name } = refOf({ account: app })
  const { endsAt, daysLeft, state } = assessment
  const { appSecretOverlapDays } = rules.adapterOf(marketplace)
  const verb = appSecretOverlapDays === undefined ? 'set' : 'rotate'
  return {
    ...NONE,
    app,
    marketplace,
    name,
    state,
    ends: { at: endsAt === null ? null : toIso(endsAt), basis: null },
    daysLeft,
    command: `tokenctl app ${verb} ${appWords({ marketplace, name })}`,
  }
}

/** Only a person moves a consent's end, whatever else would mend the account now. */
function consentCommand(
  { header, assessment }: Extract<Standing, { kind: 'account' }>,
  rules: MarketplaceRules,
): string | null {
  const { marketplace } = refOf(header)
  return commandFor({ ...assessment, mender: 'person' }, rules.adapterOf(marketplace), header)
}

/** What mends a row of failures: the keys where those are refused, else asking once by name. */
function failingCommand({ account, app, failing }: AccountHeader): string {
  const { marketplace } = refOf({ account })
  if (failing?.code !== 'CLIENT_REJECTED') return `tokenctl renew ${account}`
  return `tokenctl app set ${appWords({ marketplace, name: app ?? DEFAULT_NAME })}`
}
