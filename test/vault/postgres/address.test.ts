/** Where the database is: which place holds before which, what is refused, and that no password is seen. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { type AddressOptions, addressOf } from '../../../src/vault/postgres/address.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

type Given = Partial<Omit<AddressOptions, 'files'>>

let home: string
beforeEach(() => {
  home = temporaryHome()
})

const address = ({ env = {}, settings = {}, platform = 'linux', ...rest }: Given = {}) =>
  addressOf({
    env: { USER: 'me', ...env },
    settings,
    platform,
    homeDir: home,
    files: createNodeFiles(),
    ...rest,
  })

function urlFile(text: string, mode = 0o600): string {
  const path = join(home, 'url')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const services = (text: string) => writeFileSync(join(home, '.pg_service.conf'), text)

describe('nothing said', () => {
  it.each([
    ['linux', '/var/run/postgresql'],
    ['darwin', '/tmp'],
    ['freebsd', '/tmp'],
    ['win32', 'localhost'],
  ] as const)('on %s: %s', (platform, host) => {
    const { config, place } = address({ platform, env: { USERNAME: 'me' } })
    expect(config).toMatchObject({ host, port: 5432, user: 'me', database: 'me', ssl: false })
    expect(place).toBe(`${host}:5432/me`)
  })

  it('waits for ten seconds, and finds out about a dead connection', () => {
    expect(address().config).toMatchObject({
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
    })
  })

  it('sends no option that a pooler may refuse', () => {
    expect(Object.keys(address().config)).not.toContain('options')
    expect(Object.keys(address().config)).not.toContain('statement_timeout')
  })

  it('names whoever the system says, then the environment, and nobody else', () => {
    expect(address({ userName: () => 'sys' }).config.user).toBe('sys')
    const unknown = () => {
      throw new Error('no such user')
    }
    expect(address({ userName: unknown }).config.user).toBe('me')
    expect(address({ userName: unknown, env: { PGUSER: 'said' } }).config.user).toBe('said')
    expect(address({ env: { USER: '', LOGNAME: 'log' } }).config.user).toBe('log')
    expect(() => address({ env: { USER: '' } })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID' }),
    )
  })
})

describe('what holds', () => {
  const env = { PGHOST: 'env.example', PGPORT: '1', PGUSER: 'env', PGDATABASE: 'envdb', PGPASSWORD: 'envpw' }

  it('is the environment', async () => {
    const { config, place } = address({ env })
    expect(config).toMatchObject({ host: 'env.example', port: 1, user: 'env', database: 'envdb' })
    expect(passwordOf(config)).toBe('envpw')
    expect(place).toBe('env.example:1/envdb')
  })

  it('is a service before the environment, word by word', () => {
    services('[a]\nhost=a.example\nport=2\n[b]\nhost=b.example\n')
    expect(address({ env: { ...env, PGSERVICE: 'a' } }).place).toBe('a.example:2/envdb')
    expect(address({ env: { ...env, PGSERVICE: 'a' }, settings: { service: 'b' } }).place).toBe(
      'b.example:1/envdb',
    )
  })

  it('is the address in a file before both', () => {
    services('[a]\nhost=a.example\nport=2\n[b]\nport=3\ndbname=b\n')
    const path = urlFile('\n  postgresql://url:pw@url.example  \n')
    expect(address({ env, settings: { urlFile: path } }).place).toBe('url.example:1/envdb')
    expect(address({ env: { ...env, PGSERVICE: 'a' }, settings: { urlFile: path } }).place).toBe(
      'url.example:2/envdb',
    )
    const named = urlFile('postgresql://url.example?service=b')
    const { config, place } = address({ env, settings: { urlFile: named } })
    expect(place).toBe('url.example:3/b')
    expect(config.user).toBe('env')
  })

  it('is nothing that is empty', () => {
    expect(address({ env: { PGHOST: '', PGPORT: '', PGSSLMODE: '', PGSERVICE: '' } }).place).toBe(
      '/var/run/postgresql:5432/me',
    )
  })

  it('is the user as the database where none is named', () => {
    expect(address({ env: { PGUSER: 'shop' } }).config.database).toBe('shop')
  })

  it('is an address before a name to be looked up; the name is what has to be proven', () => {
    const { config, place } = address({ env: { PGHOST: 'db.example', PGHOSTADDR: '192.0.2.7' } })
    expect(config).toMatchObject({
      host: '192.0.2.7',
      ssl: { servername: 'db.example', rejectUnauthorized: true },
    })
    expect(place).toBe('db.example:5432/me')
  })

  it('is told to the server', () => {
    const told = { PGAPPNAME: 'app', PGOPTIONS: '-c geqo=off', PGCONNECT_TIMEOUT: '0' }
    expect(address({ env: told }).config).toMatchObject({
      application_name: 'app',
      options: '-c geqo=off',
      connectionTimeoutMillis: 0,
    })
    const path = urlFile('postgresql://?keepalives=0&keepalives_idle=5')
    expect(address({ settings: { urlFile: path } }).config).toMatchObject({
      keepAlive: false,
      keepAliveInitialDelayMillis: 5000,
    })
  })
})

describe('what is refused', () => {
  it.each<[env: Record<string, string>, says: RegExp]>([
    [{ PGPORT: '0' }, /^PGPORT must be a port from 1 to 65535/],
    [{ PGPORT: '65536' }, /^PGPORT must/],
    [{ PGPORT: 'CNRY' }, /^PGPORT must/],
    [{ PGHOST: 'a,b' }, /^PGHOST names several hosts/],
    [{ PGPORT: '1,2' }, /^PGPORT names several hosts/],
    [{ PGHOST: 'u:CNRY@host' }, /^PGHOST must be the name of a host/],
    [{ PGHOST: '@abstract' }, /^PGHOST must/],
    [{ PGHOSTADDR: 'db.example' }, /^PGHOSTADDR must be an IP address/],
    [{ PGCONNECT_TIMEOUT: 'soon' }, /^PGCONNECT_TIMEOUT must be a number of seconds/],
    [{ PGCONNECT_TIMEOUT: '-1' }, /^PGCONNECT_TIMEOUT must/],
    [{ PGSSLMODE: 'no-verify' }, /^PGSSLMODE must be `disable`, `allow`, .* or `verify-full`/],
    [{ PGREQUIREAUTH: 'scram-sha-256' }, /^PGREQUIREAUTH asks for what tokenctl cannot do/],
    [{ PGCHANNELBINDING: 'require' }, /^PGCHANNELBINDING asks/],
    [{ PGGSSENCMODE: 'require' }, /^PGGSSENCMODE asks/],
    [{ PGTARGETSESSIONATTRS: 'standby' }, /^PGTARGETSESSIONATTRS asks/],
    [{ PGREQUIREPEER: 'postgres' }, /^PGREQUIREPEER asks/],
    [{ PGSERVICE: 'none' }, /^PGSERVICE names the service "none"/],
  ])('%o', (env, says) => {
    const all = { PGSYSCONFDIR: home, ...env }
    expect(() => address({ env: all })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringMatching(says) }),
    )
    expect(() => address({ env: all })).not.toThrow(/CNRY/)
  })

  it.each<[env: Record<string, string>]>([
    [
      {
        PGGSSENCMODE: 'prefer',
        PGCHANNELBINDING: 'prefer',
        PGTARGETSESSIONATTRS: 'read-write',
        PGSSLSNI: '1',
      },
    ],
    [{ PGCLIENTENCODING: 'LATIN1', PGKRBSRVNAME: 'postgres', PGLOADBALANCEHOSTS: 'disable', PGTZ: 'UTC' }],
  ])('but not what changes nothing: %o', env => {
    expect(address({ env }).place).toBe('/var/run/postgresql:5432/me')
  })

  it('is an address whose file is missing, empty, or of several lines', () => {
    const path = join(home, 'url')
    const settings = { urlFile: path }
    expect(() => address({ settings })).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining(`There is no file ${path}`),
      }),
    )
    urlFile('\n')
    expect(() => address({ settings })).toThrow(`${path} holds no line in place of one.`)
    urlFile('postgresql://a\npostgresql://b\n')
    expect(() => address({ settings })).toThrow(`${path} holds 2 lines in place of one.`)
    urlFile('postgresql://u:CNRY@db.example?port=CNRY')
    expect(() => address({ settings })).toThrow(
      `port in the address in ${path} must be a port from 1 to 65535.`,
    )
  })

  it.skipIf(process.platform === 'win32')('is an address that others can read', () => {
    const settings = { urlFile: urlFile('postgresql://u:CNRY@db.example', 0o644) }
    expect(() => address({ settings })).toThrow(
      expect.objectContaining({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringContaining('read or written by others'),
      }),
    )
    mkdirSync(join(home, 'folder'))
    expect(() => address({ settings: { urlFile: join(home, 'folder') } })).toThrow(/is a folder/)
  })
})

describe('a password', () => {
  const passwords = (text: string, mode = 0o600) => {
    writeFileSync(join(home, '.pgpass'), text)
    chmodSync(join(home, '.pgpass'), mode)
  }

  it('is in no listing of the configuration', () => {
    const path = urlFile('postgresql://u:CNRYpassword@db.example')
    const all = address({ settings: { urlFile: path } })
    expect(inspect(all, { depth: 9, showHidden: true })).not.toContain('CNRY')
    expect(JSON.stringify(all)).not.toContain('CNRY')
    expect(passwordOf(all.config)).toBe('CNRYpassword')
  })

  it("is the password file's, which is read when it is asked for", () => {
    const { config } = address({ env: { PGHOST: 'db.example', PGDATABASE: 'shop' } })
    passwords('db.example:5432:shop:me:filed')
    expect(passwordOf(config)).toBe('filed')
    const named = join(home, 'named')
    writeFileSync(named, '*:*:*:*:other', { mode: 0o600 })
    expect(passwordOf(address({ env: { PGPASSFILE: named } }).config)).toBe('other')
  })

  it('is that of localhost for the socket that nobody named, and of its folder for another', () => {
    passwords('localhost:*:*:*:local\n/srv/sockets:*:*:*:folder')
    expect(passwordOf(address().config)).toBe('local')
    expect(passwordOf(address({ env: { PGHOST: '/var/run/postgresql' } }).config)).toBe('local')
    expect(passwordOf(address({ env: { PGHOST: '/srv/sockets' } }).config)).toBe('folder')
  })

  it("lies in the folder of Windows' own", () => {
    mkdirSync(join(home, 'postgresql'))
    writeFileSync(join(home, 'postgresql', 'pgpass.conf'), '*:*:*:*:windows', { mode: 0o600 })
    const { config } = address({ platform: 'win32', env: { APPDATA: home, USERNAME: 'me' } })
    expect(passwordOf(config)).toBe('windows')
  })

  it('is asked for by name where there is none', () => {
    const { config } = address({ env: { PGHOST: 'db.example' } })
    expect(() => passwordOf(config)).toThrow(
      expect.objectContaining({
        code: 'VAULT_UNAVAILABLE',
        message: 'The database db.example:5432/me asks for the password of me, and none is given.',
        fix: expect.stringContaining(join(home, '.pgpass')),
      }),
    )
  })

  it.skipIf(process.platform === 'win32')(
    'is not taken from a file that others can read, and that matters only then',
    () => {
      passwords('*:*:*:*:filed', 0o644)
      const { config } = address()
      expect(() => passwordOf(config)).toThrow(/read or written by others/)
    },
  )
})

it('shows no sign of a name that a terminal would act on', () => {
  expect(address({ env: { PGDATABASE: 'a\u001b[31m b', PGUSER: 'u' } }).place).toBe(
    '/var/run/postgresql:5432/a?[31m?b',
  )
})

function passwordOf({ password }: { readonly password?: unknown }): unknown {
  if (typeof password !== 'function') throw new Error('It is no function.')
  return password()
}
