/** What the listing says: records that cannot be read, accounts that need a person, app secrets near their end, too many for a keychain. */
import { isTokenctlError } from '../../errors.ts'
import { requireTokenHost } from '../../renewal/preconditions.ts'
import type { Settings } from '../../settings.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { Listing } from '../../vault/listings.ts'
import { showDay } from '../render/dates.ts'
import { rulesOf } from '../rules.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { secretCommand } from '../status/act-by.ts'
import { secretCounts } from '../status/status-check.ts'
import { type AssessedApp, assessAccounts, assessApps } from '../status/status-report.ts'
import { looseOf } from './file-checks.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** Past that many gnome-keyring gets slow (README, "Where secrets rest"). */
const COMFORTABLE_ACCOUNTS = 200
const NAMED = 5

/** The findings on accounts and apps. */
export function accountChecks(ground: Ground): readonly Finding[] {
  const { vault, settings, now } = ground
  if (vault?.opened === undefined || settings === undefined)
    return [skipped('accounts', 'Not looked at: the vault cannot be seen.')]
  const { listing, marker } = vault
  return [
    ...unreadable(ground, listing),
    people(listing, settings, now),
    ...crowd(listing, marker?.store),
    ...secrets(listing, settings, now),
    ...tokenHosts(listing, settings),
  ]
}

/** Apps whose keys would go to another host than the one they were entered for, before a renewal refuses to send them. */
function tokenHosts({ apps }: Listing, settings: Settings): readonly Finding[] {
  const rules = rulesOf(settings)
  return apps.flatMap(app => {
    if (app.tokenOrigin === undefined) return []
    try {
      requireTokenHost(app, rules.adapterOf(app.marketplace), rules)
      return []
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      // A manifest that is gone or no good is told of by itself.
      return error.code === 'ENVIRONMENT_MISMATCH'
        ? [problem('apps', error, { where: `${app.marketplace}:${app.name}` })]
        : []
    }
  })
}

/** What its own mode makes unreadable is told once, where modes are. */
function unreadable(ground: Ground, listing: Listing): readonly Finding[] {
  if (listing.unreadable.length === 0) return []
  const loose = looseOf(ground).map(({ path }) => path)
  const left = listing.unreadable.filter(({ error }) => !loose.some(path => error.message.startsWith(path)))
  const [first] = left
  if (first === undefined) return []
  if (left.length === 1) return [problem('records', first.error, { where: first.key })]
  return [
    problem('records', `${left.length} records cannot be read. ${first.error.message}`, {
      where: first.key,
      mend: `${first.error.fix} \`tokenctl status\` names each.`,
      code: first.error.code,
    }),
  ]
}

function people({ accounts }: Listing, settings: Settings, now: EpochMs): Finding {
  const needing = assessAccounts(accounts, rulesOf(settings), now)
    .filter(({ assessment }) => assessment.mender === 'person')
    .map(({ header }) => header.account)
  if (accounts.length === 0) return ok('accounts', 'No account is connected yet.')
  const count = (number: number) => (number === 1 ? '1 account' : `${number.toLocaleString('en')} accounts`)
  if (needing.length === 0) return ok('accounts', `${count(accounts.length)}; none needs a person.`)
  const more = needing.length > NAMED ? ` and ${needing.length - NAMED} more` : ''
  const verb = needing.length === 1 ? 'needs' : 'need'
  return warning(
    'accounts',
    `${count(needing.length)} ${verb} a person: ${needing.slice(0, NAMED).join(', ')}${more}.`,
    {
      mend: '`tokenctl status` says what to type for each.',
    },
  )
}

function crowd({ accounts }: Listing, store: string | undefined): readonly Finding[] {
  if (store !== 'keychain' || accounts.length <= COMFORTABLE_ACCOUNTS) return []
  return [
    warning(
      'accounts',
      `${accounts.length.toLocaleString('en')} accounts rest in a keychain, which gets slow past some ${COMFORTABLE_ACCOUNTS}.`,
      {
        mend: 'The file store serves better: `tokenctl migrate --to file` moves them.',
      },
    ),
  ]
}

function secrets({ apps }: Listing, settings: Settings, now: EpochMs): readonly Finding[] {
  const rules = rulesOf(settings)
  const near = assessApps(apps, rules, now).filter(app =>
    secretCounts(app, { until: null, policyOf: ({ adapter }) => rules.policyOf(adapter) }),
  )
  if (near.length > 0) return near.map(app => secretFinding(app, rules))
  return apps.length === 0 ? [] : [ok('apps', "No app's secret is near its end.")]
}

function secretFinding(
  app: AssessedApp,
  { adapterOf }: Pick<ReturnType<typeof rulesOf>, 'adapterOf'>,
): Finding {
  const { header, assessment } = app
  const where = `${header.marketplace}:${header.name}`
  const adapter = adapterOf(header.marketplace)
  const mend = `\`${secretCommand(app, adapter)}\``
  const day = assessment.endsAt === null ? 'an unknown day' : showDay(assessment.endsAt)
  const whose = `The secret of ${adapter.title}'s app ${header.name}`
  return assessment.state === 'expired'
    ? problem('apps', `${whose} ended ${day}.`, { where, mend, code: 'CLIENT_REJECTED' })
    : warning('apps', `${whose} ends ${day}.`, { where, mend })
}
