/** Addresses as libpq reads them, and no word of a wrong one in what is said about it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../../src/errors.ts'
import { parseAddress } from '../../../src/vault/postgres/address-url.ts'

const FILE = '/etc/tokenctl/database'
const read = (text: string) =>
  Object.fromEntries([...parseAddress(text, FILE)].map(([keyword, { value }]) => [keyword, value]))

describe('an address', () => {
  it.each([
    ['postgresql://', {}],
    ['postgres://', {}],
    ['postgresql://db.example', { host: 'db.example' }],
    ['postgresql://db.example:6432', { host: 'db.example', port: '6432' }],
    ['postgresql://db.example:/shop', { host: 'db.example', dbname: 'shop' }],
    ['postgresql:///shop', { dbname: 'shop' }],
    ['postgresql://u@db.example/shop', { user: 'u', host: 'db.example', dbname: 'shop' }],
    ['postgresql://u:p@db.example/shop', { user: 'u', password: 'p', host: 'db.example', dbname: 'shop' }],
    ['postgresql://u:p:q@db.example', { user: 'u', password: 'p:q', host: 'db.example' }],
    ['postgresql://u:p?q#r@db.example', { user: 'u', password: 'p?q#r', host: 'db.example' }],
    ['postgresql://u:%40%2F%3A%25%C3%A4@db.example', { user: 'u', password: '@/:%ä', host: 'db.example' }],
    ['postgresql://:p@db.example', { password: 'p', host: 'db.example' }],
    ['postgresql://u@', { user: 'u' }],
    ['postgresql://[2001:db8::7]:5433/shop', { host: '2001:db8::7', port: '5433', dbname: 'shop' }],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/shop', { host: '/var/run/postgresql', dbname: 'shop' }],
    ['postgresql:///shop?host=/tmp&port=5433', { dbname: 'shop', host: '/tmp', port: '5433' }],
    ['postgresql://db.example?sslmode=require', { host: 'db.example', sslmode: 'require' }],
    ['postgresql://db.example/shop?ssl=true', { host: 'db.example', dbname: 'shop', sslmode: 'require' }],
    ['postgresql://db.example/a%2Fb%40c', { host: 'db.example', dbname: 'a/b@c' }],
    ['postgresql://db.example/shop?', { host: 'db.example', dbname: 'shop' }],
    ['postgresql://db.example?&connect_timeout=5&', { host: 'db.example', connect_timeout: '5' }],
    ['postgresql://db.example?uselibpqcompat=true', { host: 'db.example' }],
    ['postgresql://db.example?options=-c%20geqo%3Doff', { host: 'db.example', options: '-c geqo=off' }],
    // What stands behind holds before what stands in front.
    ['postgresql://one.example/shop?host=two.example', { host: 'two.example', dbname: 'shop' }],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected)
  })

  it('comes back whole, whatever stands in it', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !text.includes('\0'))
    fc.assert(
      fc.property(word, word, word, (user, password, dbname) => {
        const [u, p, d] = [user, password, dbname].map(encodeURIComponent)
        expect(read(`postgresql://${u}:${p}@db.example:5433/${d}`)).toEqual({
          user,
          password,
          dbname,
          host: 'db.example',
          port: '5433',
        })
      }),
    )
  })
})

describe('what is none', () => {
  const SECRET = 'CNRYpassword'
  it.each([
    ['', 'does not begin'],
    [SECRET, 'does not begin'],
    ['host=db.example password=CNRYpassword', 'does not begin'],
    ['mysql://u:CNRYpassword@db.example', 'does not begin'],
    [`postgresql://u:${SECRET} x@db.example`, 'blank'],
    [`postgresql://u:${SECRET}%zz@db.example`, '%'],
    [`postgresql://u:%00${SECRET}@db.example`, '%'],
    // The second half of a password where a host or a database would be.
    [`postgresql://u:a@${SECRET}@db.example/shop`, 'host and port'],
    [`postgresql://u:12/${SECRET}@db.example/shop`, 'none belongs'],
    [`postgresql://u:${SECRET}/x@db.example/shop`, 'none belongs'],
    [`postgresql://u:${SECRET}`, 'host and port'],
    ['postgresql://u:p@one.example,two.example/CNRYpassword', 'several hosts'],
    ['postgresql://db.example:port', 'host and port'],
    ['postgresql://[::1', 'host and port'],
    [`postgresql://db.example?${SECRET}`, 'name=value'],
    [`postgresql://db.example?password=${SECRET}=`, 'name=value'],
    [`postgresql://db.example?${SECRET}=1`, 'does not know'],
  ])('%s', (text, says) => {
    const error = thrownBy(() => parseAddress(text, FILE))
    expect(error.code).toBe('SETTINGS_INVALID')
    expect(error.message).toContain(FILE)
    expect(error.message).toContain(says)
    expect(`${error.message} ${error.fix} ${error.cause}`).not.toMatch(/CNRY|example(?!\.org)/)
  })

  it('never throws anything else, and never quotes', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z]{12}$/), (noise, secret) => {
        try {
          parseAddress(`postgresql://${noise}${secret}`, FILE)
        } catch (error) {
          if (!(error instanceof TokenctlError)) throw error
          expect(error.message + error.fix).not.toContain(secret)
        }
      }),
    )
  })
})

function thrownBy(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}
