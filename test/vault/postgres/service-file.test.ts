/** pg_service.conf, by libpq's rules: where it is, which entry counts, which lines are wrong. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { readService } from '../../../src/vault/postgres/service-file.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const NAMED = { value: 'tokenctl', by: 'PGSERVICE' }
let home: string
beforeEach(() => {
  home = temporaryHome()
})

function service(env: Readonly<Record<string, string>> = {}, named = NAMED) {
  // Not the machine's own, whatever it has.
  const all = { PGSYSCONFDIR: join(home, 'etc'), ...env }
  const said = readService(named, { env: all, files: createNodeFiles(), ownFolder: home })
  return Object.fromEntries([...said].map(([keyword, { value }]) => [keyword, value]))
}

const own = (text: string) => writeFileSync(join(home, '.pg_service.conf'), text)
function system(text: string): void {
  mkdirSync(join(home, 'etc'))
  writeFileSync(join(home, 'etc', 'pg_service.conf'), text)
}

describe('where it is', () => {
  it("is a person's own before the system's", () => {
    own('[tokenctl]\nhost=own.example\n')
    system('[tokenctl]\nhost=system.example\n')
    expect(service()).toEqual({ host: 'own.example' })
  })

  it("is the system's where one's own has no such entry, or is not there", () => {
    system('[tokenctl]\nhost=system.example\n')
    expect(service()).toEqual({ host: 'system.example' })
    own('[other]\nhost=own.example\n')
    expect(service()).toEqual({ host: 'system.example' })
  })

  it('is PGSERVICEFILE before both, which then has to be there', () => {
    own('[tokenctl]\nhost=own.example\n')
    const PGSERVICEFILE = join(home, 'named')
    expect(() => service({ PGSERVICEFILE })).toThrow(`There is no file ${PGSERVICEFILE}`)
    writeFileSync(PGSERVICEFILE, '[tokenctl]\nhost=named.example\n')
    expect(service({ PGSERVICEFILE })).toEqual({ host: 'named.example' })
  })

  it('is named with all the places where no file has the entry', () => {
    expect(() => service({}, { value: 'shop', by: 'PGSERVICE' })).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: 'PGSERVICE names the service "shop", which no file has.',
        fix: expect.stringContaining(join(home, '.pg_service.conf')),
      }),
    )
  })
})

describe('an entry', () => {
  it.each<[what: string, text: string, expected: Record<string, string>]>([
    ['is empty', '[tokenctl]', {}],
    ['is empty before another', '[tokenctl]\n[other]\nhost=x', {}],
    [
      'has comments and blanks around lines',
      '# c\n\n [tokenctl]\n\t# c\n  host=x  \r\nport=1\r\n',
      { host: 'x', port: '1' },
    ],
    ['ends at the next', '[a]\nhost=a\n[tokenctl]\nhost=x\n[b]\nhost=b\nport=2', { host: 'x' }],
    ['is the first of its name', '[tokenctl]\nhost=x\n[tokenctl]\nport=2', { host: 'x' }],
    ['has the first of two lines', '[tokenctl]\nhost=x\nhost=y', { host: 'x' }],
    [
      'has values with signs',
      '[tokenctl]\noptions=-c a=b # c\ndbname=a b',
      { options: '-c a=b # c', dbname: 'a b' },
    ],
    ['is not one that only begins so', '[tokenctl2]\nhost=no\n[tokenctl]\nhost=x', { host: 'x' }],
    ['does not mind wrong lines of others', '[a]\nnonsense\n[tokenctl]\nhost=x', { host: 'x' }],
  ])('%s', (_, text, expected) => {
    own(text)
    expect(service()).toEqual(expected)
  })

  it.each([
    ['nonsense', /line 2 is no `name=value`/],
    ['host = db.example', /line 2 is no `name=value`/],
    ['CNRYpassword=x', /line 2 is no `name=value`/],
    ['ldap://ldap.example/dc=x', /line 2 sends to a directory/],
    ['service=other', /line 2 names another service/],
  ])('%s is refused without being quoted', (line, says) => {
    own(`[tokenctl]\n${line}\n`)
    expect(() => service()).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringMatching(says) }),
    )
    expect(() => service()).not.toThrow(/CNRY|example/)
  })

  it('says where each word stands', () => {
    own('[tokenctl]\n\nport=1\n')
    const said = readService(NAMED, { env: {}, files: createNodeFiles(), ownFolder: home })
    expect(said.get('port')?.by).toBe(`port in ${join(home, '.pg_service.conf')}, line 3`)
  })
})

it.skipIf(process.platform === 'win32')('holds a password only where nobody else can read it', () => {
  own('[tokenctl]\nhost=x\npassword=CNRYpassword\n')
  chmodSync(join(home, '.pg_service.conf'), 0o644)
  expect(() => service()).toThrow(
    expect.objectContaining({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringContaining('read or written by others'),
    }),
  )
  chmodSync(join(home, '.pg_service.conf'), 0o600)
  expect(service()).toEqual({ host: 'x', password: 'CNRYpassword' })
})
