/**
 * Where Seller Central is: the host that a seller opens, by region and country. For a person's browser only; tokenctl
 * itself never sends anything there.
 */
import { TokenctlError } from '../../errors.ts'
import type { Region } from '../../tokens/token-set.ts'

/** One Seller Central and the countries it serves. */
export interface SellerCentral {
  readonly region: Region
  /** Without scheme or path: `sellercentral.amazon.com`. */
  readonly host: string
  /** English names, as a person would look for them. */
  readonly countries: readonly string[]
}

// SellingPartnerApiDeveloperGuide.md in amzn/selling-partner-api-docs at c2888de; the hosts of Belgium, Ireland and
// South Africa only from third parties (constant tables of bizon/selling-partner-api-sdk). Checked 22 Nov 2026.
/** The largest market of each region stands first. */
export const SELLER_CENTRALS: readonly SellerCentral[] = [
  { region: 'na', host: 'sellercentral.amazon.com', countries: ['United States'] },
  { region: 'na', host: 'sellercentral.amazon.ca', countries: ['Canada'] },
  { region: 'na', host: 'sellercentral.amazon.com.mx', countries: ['Mexico'] },
  { region: 'na', host: 'sellercentral.amazon.com.br', countries: ['Brazil'] },
  {
    region: 'eu',
    host: 'sellercentral-europe.amazon.com',
    countries: ['United Kingdom', 'Germany', 'France', 'Italy', 'Spain'],
  },
  { region: 'eu', host: 'sellercentral.amazon.nl', countries: ['Netherlands'] },
  { region: 'eu', host: 'sellercentral.amazon.se', countries: ['Sweden'] },
  { region: 'eu', host: 'sellercentral.amazon.pl', countries: ['Poland'] },
  { region: 'eu', host: 'sellercentral.amazon.com.be', countries: ['Belgium'] },
  { region: 'eu', host: 'sellercentral.amazon.ie', countries: ['Ireland'] },
  { region: 'eu', host: 'sellercentral.amazon.com.tr', countries: ['Turkey'] },
  { region: 'eu', host: 'sellercentral.amazon.ae', countries: ['United Arab Emirates'] },
  { region: 'eu', host: 'sellercentral.amazon.sa', countries: ['Saudi Arabia'] },
  { region: 'eu', host: 'sellercentral.amazon.eg', countries: ['Egypt'] },
  { region: 'eu', host: 'sellercentral.amazon.in', countries: ['India'] },
  { region: 'eu', host: 'sellercentral.amazon.co.za', countries: ['South Africa'] },
  { region: 'fe', host: 'sellercentral.amazon.co.jp', countries: ['Japan'] },
  { region: 'fe', host: 'sellercentral.amazon.com.au', countries: ['Australia'] },
  { region: 'fe', host: 'sellercentral.amazon.sg', countries: ['Singapore'] },
]

const REGION_NAMES: Readonly<Record<Region, string>> = {
  na: 'North America',
  eu: 'Europe, the Middle East, Africa and India',
  fe: 'the Far East',
}

// https://developer-docs.amazon.com/sp-api/docs/self-authorization and …/renew-authorizations, checked 22 Nov 2026
/** Where to click once Seller Central is open: a private app first, then a public one. */
const AUTHORIZE_STEPS =
  "Apps and Services > Develop Apps > Authorize: for your own private app press Authorize app there, and copy the refresh token (it begins with `Atzr|`). For a public app open Manage Your Apps instead and choose Re-Authorize; the new refresh token then comes from the app's maker."

/** A region's Seller Centrals, the largest market first; all of them when the region is not known. */
export function sellerCentrals(region: Region | null): readonly SellerCentral[] {
  return region === null
    ? SELLER_CENTRALS
    : SELLER_CENTRALS.filter(sellerCentral => sellerCentral.region === region)
}

/** The region of a Seller Central, as a person typed its host; null for what is none. */
export function regionOfHost(named: string): Region | null {
  return SELLER_CENTRALS.find(({ host }) => host === named.toLowerCase())?.region ?? null
}

/**
 * The host whose consent page a seller opens: the one that was named, else the region's largest.
 *
 * @param named a host, as a person typed it; null for none.
 * @throws {USAGE} naming the hosts there are, when it is none of them or of another region; or `--region`, when neither
 *   is known.
 */
export function consentHost(region: Region | null, named: string | null): string {
  const hosts = sellerCentrals(region)
  if (named !== null) {
    const found = hosts.find(({ host }) => host === named.toLowerCase())
    if (found !== undefined) return found.host
    const where = region === null ? 'Seller Central' : `Seller Central of ${REGION_NAMES[region]}`
    throw new TokenctlError('USAGE', `That is no host of ${where}.`, {
      fix: `There are: ${hosts.map(({ host }) => host).join(', ')}.`,
    })
  }
  const [largest] = hosts
  if (region !== null && largest !== undefined) return largest.host
  throw new TokenctlError('USAGE', "The seller's region is not known, and with it not where to consent.", {
    fix: 'Name it: `--region na`, `eu` or `fe`.',
  })
}

const OWN_PUBLIC_APP =
  'Is the public app your own? Then `tokenctl login amazon:NAME` does it in the browser, without a token to copy.'

/** What a seller does to get a new refresh token, with the hosts of the region: some lines of plain text. */
export function sellerCentralSteps(region: Region | null): string {
  const where = region === null ? "the account's region" : REGION_NAMES[region]
  const hosts = sellerCentrals(region).map(
    ({ host, countries }) => `  https://${host}  ${countries.join(', ')}`,
  )
  return [`Open Seller Central of ${where}:`, ...hosts, `Then ${AUTHORIZE_STEPS}`, OWN_PUBLIC_APP].join('\n')
}
