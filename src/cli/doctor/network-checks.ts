/**
 * Whether the marketplaces can be reached from here, and whether their clocks say what ours says. Each connected one is
 * asked at its token endpoint, by a GET without a credential, through the very client that renewals use, all at the same
 * time and for 5 seconds at most. What fails is told apart by its stage: name, certificate, proxy, or the way itself.
 */
import { isTokenctlError, type TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { MARKETPLACE_IDS, placeOf } from '../../marketplaces/ids.ts'
import type { Settings } from '../../settings.ts'
import { Secret } from '../../tokens/secret.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { CheckId, Finding } from '../shapes/doctor-shape.ts'
import { clockFinding, type Skew, skewOf } from './clock-check.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground, VaultSight } from './ground.ts'
import { proxyChecks } from './network-environment.ts'

const TIMEOUT_MS = 5000

interface Host {
  readonly marketplace: string
  readonly title: string
  readonly url: URL
}

interface Answered {
  readonly findings: readonly Finding[]
  readonly skew?: Skew
}

/** The findings on proxy, hosts and clock. */
export async function networkChecks(ground: Ground): Promise<readonly Finding[]> {
  const { settings, vault, world, now } = ground
  if (settings === undefined) return [skipped('network', 'Not tried: the settings cannot be read.')]
  const hosts = await hostsOf(settings, vault, now)
  const proxies = proxyChecks(
    hosts.map(({ url }) => url),
    ground,
  )
  if (world.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    return [...proxies, skipped('network', 'Not tried: see `tls-settings`.')]
  if (proxies.some(({ state }) => state === 'problem'))
    return [...proxies, skipped('network', 'Not tried: see `proxy`.')]
  const answers = await Promise.all(hosts.map(host => ask(host, ground)))
  const skews = answers.flatMap(({ skew }) => skew ?? [])
  return [...proxies, ...answers.flatMap(({ findings }) => findings), clockFinding(skews)]
}

/** The token endpoints of what is connected; of every marketplace where nothing is. */
async function hostsOf(
  settings: Settings,
  vault: VaultSight | undefined,
  now: number,
): Promise<readonly Host[]> {
  const { accounts = [], apps = [] } = vault?.listing ?? {}
  const connected = new Set([
    ...accounts.map(each => refOf(each).marketplace),
    ...apps.map(each => each.marketplace),
  ])
  const { adapterOf, destinationOf } = rulesOf(settings)
  const ids = connected.size === 0 ? MARKETPLACE_IDS : [...connected]
  const wanted = [...ids].sort((a, b) => placeOf(a) - placeOf(b)).map(adapterOf)
  return await Promise.all(
    wanted.map(async adapter => {
      const url = await tokenEndpoint(adapter, destinationOf(adapter).origin, now)
      return { marketplace: adapter.id, title: adapter.title, url }
    }),
  )
}

/** The address that a refresh goes to, taken from a request that is made with nothing in it and never sent. */
async function tokenEndpoint(
  { appFields, refresh }: MarketplaceAdapter,
  origin: string,
  now: number,
): Promise<URL> {
  const nothing = new Secret('none')
  const app = Object.fromEntries(appFields.map(({ key }) => [key, nothing]))
  const url = new URL((await refresh()).request({ app, refreshToken: nothing, now, origin }).url)
  url.search = ''
  return url
}

async function ask(host: Host, ground: Ground): Promise<Answered> {
  const { world, machine } = ground
  const { url, title, marketplace } = host
  const begun = world.clock.now()
  try {
    // A cache on the way would answer with the time of its copy.
    const request = {
      method: 'GET',
      url: url.href,
      headers: { 'cache-control': 'no-store' },
      body: '',
    } as const
    const { status, headers } = await (await world.http()).send(request, { timeoutMs: TIMEOUT_MS })
    const skew = skewOf({ marketplace, host: url.host }, headers, begun, world.clock.now())
    const finding =
      status >= 500
        ? warning('network', `${title} answers with HTTP ${status}: it is out of order now.`, {
            where: url.host,
            mend: 'Wait; nothing here is wrong.',
          })
        : ok('network', `${title} answers (HTTP ${status}).`, url.host)
    return { findings: [finding], ...(skew === undefined ? {} : { skew }) }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return { findings: [await failure(error, host, machine)] }
  }
}

const NAME = 'Check the connection and the name servers of this machine'
const WAY = 'Check the connection and the firewall'
const CERTIFICATE =
  "If a company proxy reads TLS, name its certificate in NODE_EXTRA_CA_CERTS; if not, someone may be posing as the marketplace: don't go on."

async function failure(
  error: TokenctlError,
  { url, title }: Host,
  machine: Ground['machine'],
): Promise<Finding> {
  const where = url.host
  const { id, mend } = stageOf(error, url)
  // Answered, and not by the marketplace: a renewal would say so too, and lose nothing by it.
  if (error.code === 'REPLY_MALFORMED')
    return warning('network', `${title}: ${error.message}`, {
      where,
      mend: 'A network that wants you to log in first does this: log in, and look again.',
    })
  const issuer =
    id === 'tls' && machine.proxyFor(url) === undefined
      ? await machine.issuerOf(url.hostname, Number(url.port || 443))
      : undefined
  const what =
    issuer === undefined ? error.message : `${error.message} The certificate names as its issuer: ${issuer}.`
  return problem(id, what, { where, mend, code: error.code })
}

/** At which stage an exchange failed: by the code that the message ends with, which `network-failure.ts` puts there. */
function stageOf(
  { message, fix }: TokenctlError,
  { hostname, origin }: URL,
): { readonly id: CheckId; readonly mend: string } {
  const code = /\(([A-Z][A-Z0-9_]+)\)\.$/.exec(message)?.[1] ?? ''
  if (message.startsWith('The proxy ')) return { id: 'proxy', mend: fix }
  if (code === 'ENOTFOUND' || code.startsWith('EAI_'))
    return { id: 'dns', mend: `${NAME}: \`getent hosts ${hostname}\` asks them.` }
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code))
    return { id: 'tls', mend: `Check the date of this machine first. ${CERTIFICATE}` }
  if (/^(UNABLE_|CERT_|SELF_SIGNED|DEPTH_ZERO|INVALID_|ERR_TLS)/.test(code))
    return { id: 'tls', mend: CERTIFICATE }
  if (/^ERR_SSL/.test(code) || message.includes('TLS handshake'))
    return { id: 'tls', mend: 'A firewall or proxy on the way may be in between; ask whoever runs it.' }
  return { id: 'network', mend: `${WAY}: \`curl -I ${origin}\` goes the same way.` }
}
