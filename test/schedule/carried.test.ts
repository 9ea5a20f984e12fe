/** What of a shell goes into a schedule; and that no password ever does. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { carriedEnvironment } from '../../src/schedule/carried.ts'

function carried(env: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') {
  return carriedEnvironment({
    env,
    platform,
    home: '/home/me',
    absolute: path => path.replace(/^(?!\/)/, '/cwd/'),
  })
}

const ME = { HOME: '/home/me' }

test.each<[string, Record<string, string>, Record<string, string>]>([
  [
    'nothing of an ordinary shell',
    { ...ME, PATH: '/bin', LANG: 'de_DE', NODE_OPTIONS: '--inspect', EBAY_SECRET: 'x' },
    {},
  ],
  ['TOKENCTL_HOME', { ...ME, TOKENCTL_HOME: '/srv/shop' }, { TOKENCTL_HOME: '/srv/shop' }],
  ['TOKENCTL_HOME, made absolute', { ...ME, TOKENCTL_HOME: 'shop' }, { TOKENCTL_HOME: '/cwd/shop' }],
  ['an empty one is none', { ...ME, TOKENCTL_HOME: '' }, {}],
  [
    'with it, what it moves does not matter',
    { HOME: '/x', XDG_DATA_HOME: '/y', TOKENCTL_HOME: '/s' },
    { TOKENCTL_HOME: '/s' },
  ],
  ['another HOME', { HOME: '/home/you' }, { HOME: '/home/you' }],
  ['no HOME at all', {}, {}],
  [
    'XDG folders that are the defaults',
    { ...ME, XDG_CONFIG_HOME: '/home/me/.config/', XDG_DATA_HOME: '/home/me/.local/share' },
    {},
  ],
  [
    'XDG folders that are not',
    { ...ME, XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s' },
    { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' },
  ],
  [
    'the key file and a company’s certificate',
    { ...ME, TOKENCTL_KEY_FILE: 'k', NODE_EXTRA_CA_CERTS: '/ca.pem' },
    { TOKENCTL_KEY_FILE: '/cwd/k', NODE_EXTRA_CA_CERTS: '/ca.pem' },
  ],
  [
    'a proxy, without its path',
    { ...ME, HTTPS_PROXY: 'http://proxy:3128/x?y', no_proxy: 'localhost' },
    { https_proxy: 'http://proxy:3128', no_proxy: 'localhost' },
  ],
  ['a proxy without a scheme', { ...ME, http_proxy: 'proxy:3128' }, { http_proxy: 'http://proxy:3128' }],
  [
    'small letters win, also when they switch it off',
    { ...ME, https_proxy: '', HTTPS_PROXY: 'http://proxy:1' },
    {},
  ],
  ['no exemptions without a proxy', { ...ME, NO_PROXY: '*' }, {}],
])('%s', (_, env, expected) => {
  expect(carried(env)).toEqual(expected)
})

test('macOS and Windows have no XDG folders', () => {
  expect(carried({ HOME: '/home/you', XDG_DATA_HOME: '/d' }, 'darwin')).toEqual({ HOME: '/home/you' })
  expect(carried({ HOME: '/home/you', XDG_DATA_HOME: '/d' }, 'win32')).toEqual({})
})

describe('refused', () => {
  test.each([
    ['HTTPS_PROXY', 'http://me:s3cr3t@proxy:3128'],
    ['https_proxy', 'me:s3cr3t@proxy'],
    ['http_proxy', 'http://s3cr3t%40@proxy'],
    ['http_proxy', 'http://proxy/@s3cr3t'],
    ['http_proxy', 'socks5://s3cr3t'],
    ['http_proxy', 'http://s3cr3t:99999'],
  ])('%s=%s, and its value is not quoted', (name, value) => {
    const refused = () => carried({ ...ME, [name]: value })
    expect(refused).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringContaining(name) }),
    )
    expect(refused).toThrow(expect.not.objectContaining({ message: expect.stringContaining('s3cr3t') }))
  })

  test('a folder that is not absolute', () => {
    expect(() => carried({ ...ME, XDG_DATA_HOME: 'data' })).toThrow(/XDG_DATA_HOME is not an absolute path/)
  })
})

test('whatever the proxy variables hold, a name and a password never come through', () => {
  const words = fc.stringMatching(/^[a-zA-Z0-9]{8,16}$/)
  const anywhere = fc.tuple(words, fc.string(), fc.constantFrom('http', 'https', 'HTTP', 'socks5', ''))
  fc.assert(
    fc.property(anywhere, ([password, rest, scheme]) => {
      const value = `${scheme === '' ? '' : `${scheme}://`}name:${password}@${rest}`
      const out = (() => {
        try {
          return JSON.stringify(carried({ ...ME, https_proxy: value, http_proxy: value }))
        } catch (error) {
          return String(error)
        }
      })()
      expect(out).not.toContain(password)
    }),
  )
})
