/**
 * Which of this shell's variables a scheduled run needs to find the same accounts and the same network, since a
 * scheduler starts it with hardly any. Nothing secret is ever among them: what may hold a password is refused with
 * words, and of a proxy only scheme, host and port are kept.
 */
import { TokenctlError } from '../errors.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface Shell {
  readonly env: Env
  readonly platform: NodeJS.Platform
  /** The home folder that the system's user list names, which is the one a scheduler sets. */
  readonly home: string
  /** A path that was given relative to the working folder, made absolute. */
  readonly absolute: (path: string) => string
}

const PATHS = ['TOKENCTL_KEY_FILE', 'NODE_EXTRA_CA_CERTS'] as const
const PROXIES = ['http_proxy', 'https_proxy'] as const

/**
 * The variables to write into the schedule, by name.
 *
 * @throws {SETTINGS_INVALID} for a proxy with a password, and for one that cannot be read, whose value may hold one; the
 *   message quotes neither. Also as `homeEnvironment`.
 */
export function carriedEnvironment(shell: Shell): Readonly<Record<string, string>> {
  return Object.fromEntries([...homes(shell), ...paths(shell), ...network(shell.env)])
}

/** Of those the ones that say whose accounts are meant. @throws {SETTINGS_INVALID} for folders that are not absolute. */
export function homeEnvironment(shell: Shell): Readonly<Record<string, string>> {
  return Object.fromEntries(homes(shell))
}

type Entry = readonly [name: string, value: string]

/** What leads to the accounts, as `platform/folders.ts` looks for them. */
function homes({ env, platform, home, absolute }: Shell): Entry[] {
  const named = env['TOKENCTL_HOME'] ?? ''
  if (named !== '') return [['TOKENCTL_HOME', absolute(named)]]
  if (platform === 'win32') return []
  const own = env['HOME'] ?? ''
  const moved: Entry[] = own === '' || own === home ? [] : [['HOME', own]]
  if (platform === 'darwin') return moved
  const base = moved.length === 0 ? home : own
  const defaults = [
    ['XDG_CONFIG_HOME', `${base}/.config`],
    ['XDG_DATA_HOME', `${base}/.local/share`],
  ] as const
  const folders = defaults.flatMap(([name, byDefault]): Entry[] => {
    const value = env[name] ?? ''
    if (value === '' || value.replace(/\/+$/, '') === byDefault) return []
    if (!value.startsWith('/')) throw notAbsolute(name)
    return [[name, value]]
  })
  return [...moved, ...folders]
}

function notAbsolute(name: string): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `${name} is not an absolute path.`, {
    fix: `A scheduled run starts in another folder and would not find it: set ${name} to an absolute path, or unset it.`,
  })
}

function paths({ env, absolute }: Shell): Entry[] {
  return PATHS.flatMap((name): Entry[] => {
    const value = env[name] ?? ''
    return value === '' ? [] : [[name, absolute(value)]]
  })
}

/** Small letters win, as in `platform/proxy.ts`; one that is set and empty switches the proxy off. */
function variableOf(env: Env, name: string): { readonly name: string; readonly value: string } {
  const spelling = [name, name.toUpperCase()].find(each => env[each] !== undefined) ?? name
  return { name: spelling, value: env[spelling]?.trim() ?? '' }
}

function network(env: Env): Entry[] {
  const proxies = PROXIES.flatMap((plain): Entry[] => {
    const { name, value } = variableOf(env, plain)
    return value === '' ? [] : [[plain, originOf(name, value)]]
  })
  const exempt = variableOf(env, 'no_proxy').value
  return proxies.length === 0 || exempt === '' ? proxies : [...proxies, ['no_proxy', exempt]]
}

function originOf(name: string, value: string): string {
  const text = value.includes('://') ? value : `http://${value}`
  // An @ anywhere: in a value that URL reads otherwise than its writer meant, the password may stand elsewhere.
  if (value.includes('@')) throw secretProxy(name)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new TokenctlError(
      'SETTINGS_INVALID',
      `The environment variable ${name} is not the address of a proxy.`,
      {
        fix: `Write it as http://host:port, or unset ${name}.`,
      },
    )
  }
  return url.origin
}

function secretProxy(name: string): TokenctlError {
  return new TokenctlError(
    'SETTINGS_INVALID',
    `${name} holds a name and a password, and a schedule is a text that others may read.`,
    {
      fix: `Nothing was changed. Install without it (\`env -u ${name} tokenctl schedule install\`) and give the run its proxy by a file that only you can read: docs/unattended.md, "Behind a proxy with a password".`,
    },
  )
}
