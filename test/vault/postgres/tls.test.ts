/** sslmode's words, over what node's TLS is told; what they come to on a wire is in `connect.real.test.ts`. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { fromEnvironment, type Parameters } from '../../../src/vault/postgres/parameters.ts'
import { type Encryption, type TlsPeer, tlsOf } from '../../../src/vault/postgres/tls.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const AWAY: TlsPeer = { serverName: undefined, isSocket: false, isLoopback: false }
const HERE: TlsPeer = { ...AWAY, isLoopback: true }
const SOCKET: TlsPeer = { ...AWAY, isSocket: true }

let home: string
beforeEach(() => {
  home = temporaryHome()
})

function tls(said: Readonly<Record<string, string>> | Parameters = {}, peer = AWAY) {
  const all = said instanceof Map ? said : fromEnvironment(said as Readonly<Record<string, string>>)
  return tlsOf(all, peer, { files: createNodeFiles(), ownFolder: join(home, '.postgresql') })
}

/** How much is checked: nothing is encrypted, the chain or the name, too. */
function checked(encryption: Encryption | undefined): string {
  if (encryption === undefined) return 'nothing'
  if (encryption === false) return 'clear'
  if (encryption.rejectUnauthorized !== true) return 'encrypted'
  return encryption.checkServerIdentity === undefined ? 'name' : 'chain'
}

const both = (choice: ReturnType<typeof tlsOf>) => [checked(choice.first), checked(choice.otherwise)]

function own(name: string, text: string | Buffer, mode = 0o600): string {
  mkdirSync(join(home, '.postgresql'), { recursive: true })
  const path = join(home, '.postgresql', name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

describe('without a word', () => {
  it.each([
    ['off this machine', AWAY, 'name'],
    ['on this machine', HERE, 'clear'],
    ['a socket', SOCKET, 'clear'],
  ] as const)('%s: %s', (_, peer, expected) => {
    expect(both(tls({}, peer))).toEqual([expected, 'nothing'])
  })
})

describe('a word', () => {
  it.each([
    ['disable', 'clear', 'nothing'],
    ['allow', 'clear', 'encrypted'],
    ['prefer', 'encrypted', 'clear'],
    ['require', 'encrypted', 'nothing'],
    ['verify-full', 'name', 'nothing'],
  ])('%s', (sslmode, first, otherwise) => {
    for (const peer of [AWAY, HERE])
      expect(both(tls({ PGSSLMODE: sslmode }, peer))).toEqual([first, otherwise])
    expect(both(tls({ PGSSLMODE: sslmode }, SOCKET))).toEqual(['clear', 'nothing'])
  })

  it('that is none is refused, and so is an authority to be checked that is not named', () => {
    expect(() => tls({ PGSSLMODE: 'verify' })).toThrow(/^PGSSLMODE must be `disable`, `allow`/)
    expect(() => tls({ PGSSLMODE: 'verify-ca' })).toThrow(/^PGSSLMODE asks for an authority/)
    const system = { PGSSLROOTCERT: 'system' }
    expect(() => tls({ ...system, PGSSLMODE: 'require' })).toThrow(/^PGSSLMODE must be `verify-full` where/)
    expect(both(tls(system, HERE))).toEqual(['name', 'nothing'])
  })

  it('never leaves it to the environment of node', () => {
    const { first } = tls()
    expect((first as ConnectionOptions).rejectUnauthorized).toBe(true)
  })
})

describe('an authority', () => {
  it.each([
    [undefined, 'name', 'nothing'],
    ['allow', 'clear', 'chain'],
    ['prefer', 'chain', 'clear'],
    ['require', 'chain', 'nothing'],
    ['verify-ca', 'chain', 'nothing'],
    ['verify-full', 'name', 'nothing'],
  ])('that is named is asked, with %s', (sslmode, first, otherwise) => {
    const pair = selfSigned('/CN=authority')
    if (pair === undefined) return
    const path = own('mine.crt', pair.cert)
    const mode = sslmode === undefined ? undefined : { PGSSLMODE: sslmode }
    expect(both(tls({ ...mode, PGSSLROOTCERT: path }))).toEqual([first, otherwise])
    own('root.crt', pair.cert)
    expect(both(tls({ ...mode }))).toEqual([first, otherwise])
  })

  it('that is named is asked on this machine too', () => {
    const pair = selfSigned('/CN=authority')
    if (pair === undefined) return
    expect(both(tls({ PGSSLROOTCERT: own('mine.crt', pair.cert) }, HERE))).toEqual(['name', 'nothing'])
    own('root.crt', pair.cert)
    expect(both(tls({}, HERE))).toEqual(['clear', 'nothing'])
  })

  it('is a file that is there and holds a certificate', () => {
    const gone = join(home, 'gone')
    expect(() => tls({ PGSSLROOTCERT: gone })).toThrow(`There is no file ${gone}, which PGSSLROOTCERT names.`)
    const path = own('mine.crt', 'CNRY no certificate')
    expect(() => tls({ PGSSLROOTCERT: path })).toThrow(`${path} holds no certificate in PEM.`)
  })
})

describe('a certificate of our own', () => {
  function pair(): { readonly cert: string; readonly key: string } | undefined {
    const made = selfSigned('/CN=client')
    return made && { cert: own('postgresql.crt', made.cert), key: own('postgresql.key', made.key) }
  }

  it("is libpq's, or the one that is named", () => {
    const files = pair()
    if (files === undefined) return
    expect(checked(tls().first)).toBe('name')
    expect(checked(tls({ PGSSLCERT: files.cert, PGSSLKEY: files.key }).first)).toBe('name')
  })

  it.skipIf(process.platform === 'win32')('has a key that nobody else can read', () => {
    const files = pair()
    if (files === undefined) return
    chmodSync(files.key, 0o644)
    expect(() => tls()).toThrow(
      expect.objectContaining({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringContaining('read or written by others'),
      }),
    )
    // Nothing is encrypted, so nothing of it is used.
    expect(tls({ PGSSLMODE: 'disable' }).first).toBe(false)
    expect(checked(tls({ PGSSLCERTMODE: 'disable' }).first)).toBe('name')
  })

  it('has a key, and its own', () => {
    const files = pair()
    const other = selfSigned('/CN=other')
    if (files === undefined || other === undefined) return
    const key = own('other.key', other.key)
    expect(() => tls({ PGSSLKEY: key })).toThrow(/certificate and key for the database cannot be used/)
    expect(() => tls({ PGSSLKEY: join(home, 'gone') })).toThrow(/^There is no key for the certificate/)
    expect(() => tls({ PGSSLKEY: own('bad.key', 'CNRY') })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.not.stringContaining('CNRY') }),
    )
  })

  it('is there when it is named', () => {
    const gone = join(home, 'gone')
    expect(() => tls({ PGSSLCERT: gone })).toThrow(`There is no file ${gone}, which PGSSLCERT names.`)
  })
})

describe('more words', () => {
  it.each([
    [{ PGSSLMINPROTOCOLVERSION: 'SSLv3' }, /^PGSSLMINPROTOCOLVERSION must be `TLSv1`, /],
    [{ PGSSLMAXPROTOCOLVERSION: 'TLSv2' }, /^PGSSLMAXPROTOCOLVERSION must be/],
    [{ PGSSLNEGOTIATION: 'no' }, /^PGSSLNEGOTIATION must be `postgres` or `direct`/],
    [{ PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'prefer' }, /^PGSSLNEGOTIATION must be `postgres`, where/],
    [{ PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'disable' }, /^PGSSLNEGOTIATION must be `postgres`, where/],
    [{ PGSSLCRL: '/gone/crl' }, /^There is no file \/gone\/crl, which PGSSLCRL names/],
  ])('%o', (env, says) => {
    expect(() => tls(env)).toThrow(says)
  })

  it('are taken', () => {
    expect(tls({ PGSSLNEGOTIATION: 'direct' }).negotiation).toBe('direct')
    expect(checked(tls({ PGSSLMINPROTOCOLVERSION: 'TLSv1.3' }).first)).toBe('name')
  })
})
