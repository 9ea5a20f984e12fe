import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTokenctlError } from '../src/errors.ts'
import {
  checkSetting,
  isLoopbackOrigin,
  parseSettings,
  SETTING_KEYS,
  SETTINGS,
  type SettingFamily,
  settingFacts,
  settingKeys,
  settingsPath,
  unknownSetting,
} from '../src/settings.ts'

const FILE = '/home/seller/.config/tokenctl/config.json'
const parse = (text: string) => parseSettings(text, FILE)
const fromJson = (value: unknown) => parse(JSON.stringify(value))

/** What reading a file's text ends with: the error, which must be ours. */
function problemOf(text: string) {
  try {
    parse(text)
  } catch (error) {
    if (isTokenctlError(error)) return error
    throw error
  }
  throw new Error(`${text.slice(0, 60)} was accepted`)
}

const LENGTHS = {
  good: ['3 months', '90d', '12h', '1 hour', '60 minutes', '1 year', '2w', '100 years', '30 Days'],
  bad: [
    '',
    '3',
    'soon',
    '-3d',
    '3.5d',
    '101 years',
    '3 months 2 days',
    '0d',
    '0 months',
    '3m',
    '59 min',
    'P3M',
  ],
}

const ORIGINS = {
  good: [
    'http://127.0.0.1:8080',
    'http://127.0.0.1',
    'http://127.0.0.1:80',
    'http://127.1.2.3:9',
    'http://localhost:8080',
    'https://localhost',
    'http://[::1]:8080',
    'https://127.0.0.1:8443',
    'http://127.0.0.1:8080/',
  ],
  bad: [
    '',
    '127.0.0.1:8080',
    'localhost:8080',
    '//127.0.0.1',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://api.ebay.com',
    'http://0.0.0.0:8080',
    'http://10.0.0.1',
    'http://192.168.1.1',
    'http://169.254.169.254',
    'http://[::]',
    'http://[fe80::1]',
    'http://[::ffff:127.0.0.1]',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://evil.example#127.0.0.1',
    'http://evil.example/127.0.0.1',
    'http://127.0.0.1@evil.example',
    'http://localhost.',
    'http://notlocalhost',
    'http://128.0.0.1',
    'http://127.0.0.256',
    'http://user@127.0.0.1',
    'http://user:secret@127.0.0.1:8080',
    'http://@127.0.0.1',
    'http://127.0.0.1:8080/path',
    'http://127.0.0.1:8080//',
    'http://127.0.0.1:8080/.',
    'http://127.0.0.1:8080?',
    'http://127.0.0.1:8080?x=1',
    'http://127.0.0.1:8080#',
    'http://127.0.0.1:8080#x',
    'http://127.0.0.1:99999',
    'http://127.0.0.1:',
    'http://127.0.0.1:8080 ',
    ' http://127.0.0.1:8080',
    'http://127.0.0.1:8080\n',
    'http://127.0.0.1\t:8080',
    'http:127.0.0.1',
    'http:\\\\127.0.0.1',
    'http://2130706433',
    'http://0x7f.1',
    'http://127.1',
    'http://１２７.0.0.1',
    'HTTP://127.0.0.1',
  ],
}

const VALUES: Readonly<
  Record<SettingFamily, { readonly good: readonly string[]; readonly bad: readonly string[] }>
> = {
  store: {
    good: ['keychain', 'file', 'postgres'],
    bad: ['', 'memory', 'postgresql', 'plaintext', 'Keychain', 'keychain ', 'toString'],
  },
  'postgres-service': {
    good: ['tokenctl', 'fleet.eu-1'],
    bad: ['', 'two words', 'a;b', '../x', 'x'.repeat(64)],
  },
  'postgres-url-file': {
    good: ['/etc/tokenctl.url', 'C:\\keys\\tokenctl.url'],
    bad: ['', 'postgresql://u:p@h/db', 'relative/path', '/a\0b'],
  },
  'key-source': {
    good: ['file', 'systemd', 'keychain', 'passphrase'],
    bad: ['', 'env', 'File', 'constructor'],
  },
  'key-file': {
    good: ['/etc/tokenctl.key', '/', 'C:\\keys\\tokenctl.key', 'd:/keys'],
    bad: ['', 'tokenctl.key', './key', '../key', '~/key', 'C:key', '/etc/\0key', ' /etc/key'],
  },
  window: LENGTHS,
  warning: LENGTHS,
  lead: LENGTHS,
  lifetime: LENGTHS,
  rotation: { good: ['none', 'grace', 'strict', 'unknown'], bad: ['', 'Strict', 'grace:30', 'toString'] },
  environment: { good: ['production', 'sandbox'], bad: ['', 'local', 'Production', 'prod', 'test'] },
  endpoint: ORIGINS,
}

const families = Object.keys(SETTINGS) as SettingFamily[]
const keysOf = (family: SettingFamily) => SETTING_KEYS.filter(key => key.split('.')[0] === family)
const rows = (kind: 'good' | 'bad') =>
  families.flatMap(family =>
    keysOf(family).flatMap(key => VALUES[family][kind].map(value => [key, value] as const)),
  )

describe('the keys', () => {
  test('are these', () => {
    const each = (family: string) => ['ebay', 'amazon', 'aliexpress'].map(id => `${family}.${id}`)
    expect(SETTING_KEYS).toEqual([
      'store',
      'postgres-service',
      'postgres-url-file',
      'key-source',
      'key-file',
      'window',
      ...each('window'),
      'warning',
      ...each('warning'),
      'lead',
      ...each('lead'),
      ...each('lifetime'),
      ...each('rotation'),
      ...each('environment'),
      ...each('endpoint'),
    ])
  })

  test('are there for a marketplace by manifest too, by its word', () => {
    const own = { ids: () => [], has: (id: string) => id === 'shop', find: () => undefined }
    const values = {
      'window.etsy': '2 months',
      'lifetime.mercadolibre': '4 months',
      'endpoint.shop': 'http://127.0.0.1:1',
    }
    const settings = parseSettings(JSON.stringify(values), FILE, own)
    for (const [key, value] of Object.entries(values)) {
      expect(settings.get(key)).toBe(value)
      expect(() => checkSetting(key, value, own)).not.toThrow()
    }
    expect(settings.for('window', 'etsy')).toBe('2 months')
    expect(settings.for('window', 'allegro')).toBe('3 months')
    expect(settings.others).toEqual(['etsy', 'mercadolibre', 'shop'])
    expect(settings.own).toBe(own)
    expect(settingKeys(['etsy'])).toContain('endpoint.etsy')
  })

  test('of a marketplace are looked for only where one is not built in', () => {
    const looked: string[] = []
    const own = {
      ids: () => expect.unreachable(),
      has: (id: string) => looked.push(id) < 0,
      find: () => undefined,
    }
    parseSettings('{"window.ebay":"2 months","window.etsy":"2 months","store":"file"}', FILE, own)
    expect(looked).toEqual([])
    for (const key of [
      'window.shop',
      'store.etsy',
      'window.etsy.x',
      'windows.etsy',
      'toString.etsy',
      'window.',
    ])
      expect(() => checkSetting(key, '2 months', own)).toThrow(
        expect.objectContaining({ code: 'SETTINGS_INVALID' }),
      )
    expect(looked).toEqual(['shop', ''])
  })

  test('for a marketplace by manifest are held to the same rules', () => {
    expect(problemOf('{"window.etsy":"3m"}').message).toContain('"window.etsy" must be a length')
    expect(problemOf('{"endpoint.etsy":"https://etsy.example"}').message).toContain('must be a loopback')
  })

  test.each(SETTING_KEYS)('%s says what it does and what it takes', key => {
    const facts = settingFacts(key)
    expect(facts.help).not.toBe('')
    expect(facts.expects).not.toBe('')
    if (facts.byDefault !== undefined) expect(facts.accepts(facts.byDefault)).toBe(true)
  })
})

describe('a good value', () => {
  test.each(rows('good'))('%s = %j is taken from the file and from the command line', (key, value) => {
    expect(fromJson({ [key]: value }).get(key)).toBe(value)
    expect(() => checkSetting(key, value)).not.toThrow()
  })
})

describe('a bad value', () => {
  test.each(rows('bad'))('%s = %j is refused in the file, by file, key and mend', (key, value) => {
    const error = problemOf(JSON.stringify({ [key]: value }))
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exit: 2 })
    expect(error.message).toContain(FILE)
    expect(error.message).toContain(`"${key}" must be ${settingFacts(key).expects}`)
    expect(error.fix).toContain(`\`tokenctl config unset ${key}\``)
  })

  test.each(rows('bad'))('%s = %j is refused on the command line', (key, value) => {
    expect(() => checkSetting(key, value)).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        message: `\`${key}\` must be ${settingFacts(key).expects}.`,
      }),
    )
  })

  test.each([1, 0, true, null, [], ['3 months'], {}, { window: '3 months' }, 1e99])(
    '%j is no text',
    value => {
      const error = problemOf(JSON.stringify({ window: value }))
      expect(error.message).toContain('"window" must be a length')
    },
  )

  test('is not repeated: it may be a secret that was typed in the wrong place', () => {
    for (const key of SETTING_KEYS) {
      // The name of a service may be any word.
      if (settingFacts(key).accepts('CANARY-0123456789')) continue
      const error = problemOf(JSON.stringify({ [key]: 'CANARY-0123456789' }))
      expect(`${error.message} ${error.fix}`).not.toContain('CANARY')
    }
  })
})

describe('a key that is none', () => {
  test.each([
    'windows',
    'Window',
    'window.shopify',
    'window.',
    '.ebay',
    'store.ebay',
    'endpoint',
    'lifetime',
    'toString',
    'constructor',
    'hasOwnProperty',
    '',
  ])('%j is refused by file and key, with the keys there are', key => {
    const error = problemOf(JSON.stringify({ [key]: '3 months' }))
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
    expect(error.message).toBe(`In the settings file ${FILE}, "${key}" is no setting.`)
    expect(error.fix).toContain('key-file')
    expect(() => checkSetting(key, '3 months')).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }))
  })

  test('offers a command that takes it out, where it can be typed', () => {
    expect(problemOf('{"windows":"3d"}').fix).toContain('`tokenctl config unset windows`')
    expect(problemOf('{"a b\'; rm -rf":"3d"}').fix).toMatch(/^Mend the file\. The settings are/)
  })

  test('is not repeated where it could be a token', () => {
    const token = `Atzr|${'IwEBIA'.repeat(20)}`
    expect(problemOf(JSON.stringify({ [token]: 'x' })).message).not.toContain('IwEB')
    expect(unknownSetting(token).message).toBe('a text of 125 characters is no setting.')
  })

  test.each([
    '{"__proto__":"x"}',
    '{"__proto__":{"store":"file"}}',
    '{"constructor":{"prototype":{"store":"file"}}}',
  ])('%s pollutes nothing', text => {
    expect(problemOf(text).message).toMatch(/"(__proto__|constructor)" is no setting/)
    expect(({} as { store?: string }).store).toBeUndefined()
  })
})

describe('the text of the file', () => {
  test.each([
    ['nothing', ''],
    ['blanks', ' \r\n\t\n'],
    ['a BOM and nothing', '\uFEFF'],
    ['an empty object', '{}'],
  ])('%s gives the defaults', (_, text) => {
    expect(parse(text).get('window')).toBeUndefined()
    expect(parse(text).for('window', 'ebay')).toBe('3 months')
  })

  test.each([
    ['a BOM', '\uFEFF{"window":"6 months"}'],
    ['CRLF', '{\r\n  "window": "6 months"\r\n}\r\n'],
    ['tabs', '{\t"window"\t:\t"6 months"\t}'],
    ['escapes', '{"\\u0077indow":"6 mo\\u006eths"}'],
  ])('%s are borne', (_, text) => {
    expect(parse(text).get('window')).toBe('6 months')
  })

  test.each([
    ['a trailing comma', '{\n  "window": "3d",\n}', 3],
    ['a missing comma', '{\n "store": "file"\n "window": "3d"\n}', 3],
    ['single quotes', "{\n'window': '3d'}", 2],
    ['no quotes', '{\n\n\nwindow: 3d}', 4],
    ['a comment', '{\n// here\n"window": "3d"}', 2],
    ['two documents', '{}\n{}', 2],
    ['a raw newline in a text', '{"window":"3\nd"}', 1],
    ['half a document', '{"window"', 1],
  ])('%s is refused with its line', (_, text, line) => {
    const error = problemOf(text)
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', exit: 2 })
    expect(error.message).toBe(`The settings file ${FILE} is not JSON (line ${line}).`)
    expect(error.fix).toContain('it holds no secrets')
  })

  const utf16 = Buffer.from('{"window":"3d"}', 'utf16le')
  test.each([
    ['UTF-16 read as UTF-8', utf16.toString('utf8')],
    [
      'UTF-16 with its BOM read as Latin-1',
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]).toString('latin1'),
    ],
    ['a NUL', '\0'],
    ['a NUL at the end', '{"window":"3d"}\0'],
    ['NULs', '\0'.repeat(4096)],
    ['YAML', 'window: 3d\nstore: file\n'],
    ['TOML', 'window = "3d"\n'],
    ['HTML', '<!doctype html><p>Sign in</p>'],
    ['two BOMs', '\uFEFF\uFEFF{}'],
    ['open brackets, 100,000', '['.repeat(100_000)],
    ['open braces, 100,000', '{"window":'.repeat(100_000)],
  ])('%s is refused', (_, text) => {
    const error = problemOf(text)
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
    expect(error.message).toContain(`The settings file ${FILE} is not JSON`)
    expect(error.message.length).toBeLessThan(200)
  })

  test.each([
    '[]',
    '["window"]',
    '"window"',
    '1',
    'true',
    'null',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  ])('%.20s is JSON, and no object', text => {
    expect(problemOf(text).message).toBe(`The settings file ${FILE} holds no JSON object.`)
  })

  test('a value nested 100,000 deep is refused by its key', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(problemOf(`{"window":${deep}}`).message).toContain('"window" must be')
  })

  test('a million characters are read or refused within a second', () => {
    const long = 'a'.repeat(1_000_000)
    const texts = [
      `{"window":"${long}"}`,
      `{"${long}":"3d"}`,
      `{"endpoint.ebay":"http://127.0.0.1${'0'.repeat(1_000_000)}"}`,
      `{"key-file":"/${'\\\\'.repeat(500_000)}"}`,
    ]
    for (const text of texts) {
      const begun = performance.now()
      try {
        parse(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'SETTINGS_INVALID', message: expect.not.stringContaining(long) })
      }
      expect(performance.now() - begun).toBeLessThan(1000)
    }
  })
})

describe('a key that is set twice', () => {
  test.each([
    ['with two values', '{"store":"file","store":"keychain"}', 'store'],
    ['with the same value', '{"store":"file","store":"file"}', 'store'],
    ['with others between', '{"window":"3d","lead":"2d","window":"4d"}', 'window'],
    ['written two ways', '{"store":"file","\\u0073tore":"keychain"}', 'store'],
    ['the first a wrong value', '{"window":["3d"],"window":"3d"}', 'window'],
    ['with blanks and lines', '{\n  "lead" :\n "2d",\r\n\t"lead"\t: "3d"\n}', 'lead'],
  ])('%s is refused, since nobody knows which holds', (_, text, key) => {
    expect(problemOf(text).message).toBe(`In the settings file ${FILE}, "${key}" is set twice.`)
  })

  test.each([
    '{"key-file":"/a\\"store\\":","store":"file"}',
    '{"key-file":"/store\\\\","store":"file"}',
    '{"key-file":"/\\": \\"store","store":"file"}',
  ])('%s sets none twice', text => {
    expect(parse(text).get('store')).toBe('file')
  })

  test('no object that JSON.stringify writes sets one twice', () => {
    const path = fc.string({ unit: 'binary' }).map(text => `/${text.replaceAll('\0', '')}`)
    fc.assert(
      fc.property(path, fc.constantFrom('', ' ', '\n'), (file, gap) => {
        const values = { 'key-file': file, store: 'file', window: '3d' }
        expect(parse(JSON.stringify(values, null, gap)).get('key-file')).toBe(file)
      }),
      { numRuns: 500 },
    )
  })
})

describe('any text', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.dictionary(fc.constantFrom(...SETTING_KEYS), fc.jsonValue()).map(o => JSON.stringify(o)),
  )

  test('is settings or one clear error, and never anything else', () => {
    fc.assert(
      fc.property(texts, text => {
        try {
          parse(text)
        } catch (error) {
          expect(error).toMatchObject({ name: 'TokenctlError', code: 'SETTINGS_INVALID' })
          expect(error).toHaveProperty('message', expect.stringContaining(FILE))
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('what holds for a marketplace', () => {
  const settings = fromJson({
    window: '2 months',
    'window.ebay': '1 month',
    'endpoint.amazon': 'http://127.0.0.1:1',
  })

  test.each([
    ['window', 'ebay', '1 month'],
    ['window', 'amazon', '2 months'],
    ['warning', 'ebay', '30 days'],
    ['lead', 'ebay', '14 days'],
    ['environment', 'ebay', 'production'],
    ['endpoint', 'amazon', 'http://127.0.0.1:1'],
    ['endpoint', 'ebay', undefined],
    ['lifetime', 'ebay', undefined],
  ] as const)('%s for %s is %s', (family, marketplace, value) => {
    expect(settings.for(family, marketplace)).toBe(value)
  })

  test('only what was set is set, whatever objects inherit', () => {
    expect(settings.get('window')).toBe('2 months')
    expect(settings.get('toString')).toBeUndefined()
    expect(settings.get('__proto__')).toBeUndefined()
  })
})

describe('isLoopbackOrigin', () => {
  test('never lets through what a request would carry elsewhere', () => {
    const parts = fc.array(
      fc.constantFrom(
        'http://',
        'https://',
        '127.0.0.1',
        'localhost',
        '[::1]',
        'evil.example',
        ':',
        '8080',
        '/',
        '@',
        '#',
        '?',
        '\\',
        ' ',
        '\t',
        '.',
        '%2e',
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(parts, pieces => {
        const value = pieces.join('')
        if (!isLoopbackOrigin(value)) return
        const sent = new URL(`${new URL(value).origin}/identity/v1/oauth2/token`)
        expect(sent.hostname).toMatch(/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/)
        expect(sent.pathname).toBe('/identity/v1/oauth2/token')
        expect(sent.username + sent.password + sent.search + sent.hash).toBe('')
      }),
      { numRuns: 5000 },
    )
  })
})

test('the file is config.json in the settings folder', () => {
  expect(settingsPath({ settings: '/home/seller/.config/tokenctl' })).toBe(FILE)
})
