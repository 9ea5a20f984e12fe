/**
 * What the environment does to the network: certificates that are trusted besides Node's own, checks that are switched
 * off, a proxy. Values are never shown but for paths and a proxy's host: they can hold passwords.
 */
import { isTokenctlError } from '../../errors.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import type { World } from '../world.ts'
import { ok, problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { isSet } from './settings-checks.ts'

/** Options that load other code, open the process to a debugger, or change whom TLS trusts. */
const TELLING_OPTIONS =
  /(?:^|\s)(--require|-r|--import|--loader|--experimental-loader|--inspect(?:-brk|-port)?|--tls-keylog|--tls-min-v1\.[0-3]|--tls-max-v1\.[0-3]|--use-openssl-ca|--use-system-ca|--openssl-config)(?=[\s=]|$)/g

/** The findings on TLS as the environment sets it. */
export function tlsChecks({ world }: Pick<Ground, 'world'>): readonly Finding[] {
  const { env } = world
  const found: Finding[] = []
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    found.push(
      problem(
        'tls-settings',
        'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of whom a token is sent to, so tokenctl sends nothing.',
        {
          where: 'NODE_TLS_REJECT_UNAUTHORIZED',
          mend: '`unset NODE_TLS_REJECT_UNAUTHORIZED`. If a company proxy reads TLS, name its certificate in NODE_EXTRA_CA_CERTS instead.',
          code: 'SETTINGS_INVALID',
        },
      ),
    )
  if (isSet(env, 'NODE_EXTRA_CA_CERTS'))
    found.push(extraCertificates(env['NODE_EXTRA_CA_CERTS'] ?? '', world))
  const options = [...(env['NODE_OPTIONS'] ?? '').matchAll(TELLING_OPTIONS)].map(([, name]) => name)
  if (options.length > 0)
    found.push(
      warning(
        'tls-settings',
        `NODE_OPTIONS has ${options.join(', ')}: whoever set it decides what runs inside tokenctl, or what it trusts.`,
        {
          where: 'NODE_OPTIONS',
          mend: 'If that was not you: `unset NODE_OPTIONS`.',
        },
      ),
    )
  if (isSet(env, 'NODE_DEBUG'))
    found.push(
      warning(
        'tls-settings',
        'NODE_DEBUG is set: Node prints addresses, and of some parts the headers, of what is sent.',
        {
          where: 'NODE_DEBUG',
          mend: '`unset NODE_DEBUG`',
        },
      ),
    )
  return found.length > 0 ? found : [ok('tls-settings', 'The environment changes nothing about TLS.')]
}

/** Node itself only prints a warning over a file that it cannot use, and goes on without. */
function extraCertificates(path: string, { files }: Pick<World, 'files'>): Finding {
  const where = path
  const mend = 'Name the right file, in PEM form, or `unset NODE_EXTRA_CA_CERTS`.'
  let text: string | undefined
  try {
    text = files.readPlain(path)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return warning('tls-settings', `NODE_EXTRA_CA_CERTS names a file that cannot be used. ${error.message}`, {
      where,
      mend,
    })
  }
  if (text === undefined)
    return warning('tls-settings', `NODE_EXTRA_CA_CERTS names a file that is not there: ${path}.`, {
      where,
      mend,
    })
  const count = text.match(/^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/gm)?.length ?? 0
  if (count === 0)
    return warning('tls-settings', `NODE_EXTRA_CA_CERTS names a file without a certificate: ${path}.`, {
      where,
      mend,
    })
  return ok(
    'tls-settings',
    `Trusted besides Node's own: the ${count === 1 ? 'certificate' : `${count} certificates`} in ${path}.`,
    where,
  )
}

/** The proxies for these addresses; a variable that holds none is a problem. */
export function proxyChecks(
  addresses: readonly URL[],
  { machine }: Pick<Ground, 'machine'>,
): readonly Finding[] {
  const used = new Map<string, string>()
  try {
    for (const address of addresses) {
      const proxy = machine.proxyFor(address)
      if (proxy !== undefined) used.set(proxy.host, proxy.variable)
    }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('proxy', error)]
  }
  if (used.size === 0) return [ok('proxy', 'No proxy is used.')]
  return [...used].map(([host, variable]) =>
    ok('proxy', `Requests go through the proxy ${host}, by ${variable}.`, host),
  )
}
