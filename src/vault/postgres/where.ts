/**
 * Which server: host, port, and whether the way there leaves this machine. As libpq has it, but for several hosts in one,
 * which are refused: what stores has to go to the one that takes writes.
 */
import { isIP } from 'node:net'
import { TokenctlError } from '../../errors.ts'
import { ONE_HOST } from './address-url.ts'
import { badValue, type Parameters, wholeNumber } from './parameters.ts'

const DEFAULT_PORT = 5432

/** A server. */
export interface Where {
  /** As it was said: what its certificate has to prove, and what messages name. */
  readonly host: string
  /** What the connection goes to. */
  readonly connectTo: string
  readonly port: number
  readonly isSocket: boolean
  readonly isLoopback: boolean
  readonly serverName: string | undefined
}

/**
 * Where the server is.
 *
 * @throws {SETTINGS_INVALID}
 */
export function whereOf(said: Parameters, platform: NodeJS.Platform): Where {
  const [named, address] = [said.get('host'), said.get('hostaddr')]
  for (const each of [named, address, said.get('port')]) {
    if (each?.value.includes(','))
      throw new TokenctlError('SETTINGS_INVALID', `${each.by} names several hosts.`, { fix: ONE_HOST })
  }
  if (address !== undefined && isIP(address.value) === 0) throw badValue(address, 'an IP address')
  if (named !== undefined && !/^(\/.*|[\w.:%-]+)$/.test(named.value))
    throw badValue(
      named,
      'the name of a host, its address, or the absolute path of the folder with its socket',
    )
  const host = named?.value ?? address?.value ?? defaultHost(platform)
  const connectTo = address?.value ?? host
  const isSocket = connectTo.startsWith('/')
  return {
    host,
    connectTo,
    port: wholeNumber(said.get('port'), { least: 1, most: 65_535, what: 'a port' }) ?? DEFAULT_PORT,
    isSocket,
    isLoopback: isLoopback(connectTo),
    serverName: address !== undefined && isIP(host) === 0 ? host : undefined,
  }
}

/** Where libpq looks when nothing is said: distributions of Linux have moved its socket out of /tmp, Windows has none. */
export function defaultHost(platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'localhost'
  return platform === 'linux' ? '/var/run/postgresql' : '/tmp'
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host)
}

/** A name as a message shows it: what a terminal would act on is left out, and so is what is too long for a name. */
export function shown(name: string): string {
  const plain = name.replace(/[^\x21-\x7e\xa1-\uffff]+/g, '?')
  return plain.length > 100 ? `${plain.slice(0, 100)}…` : plain
}
