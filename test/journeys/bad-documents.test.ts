/** Documents and settings that are wrong, on the built program: each fault is named by its place, never by a value. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { type Bad, cases, connected } from '../support/bad-input.ts'

const four = connected()

describe('documents', () => {
  const ebayApp = {
    marketplace: 'ebay',
    name: 'spare',
    keys: { clientId: 'a', clientSecret: 'b', ruName: 'c' },
  }
  const ebay = { account: 'ebay:third', refreshToken: 'v^1.1#abcdefgh' }
  const bad = (document: unknown, says: RegExp, code: ErrorCode = 'USAGE', fix = /./): Bad => ({
    args: ['import'],
    input: typeof document === 'string' ? document : JSON.stringify(document),
    code,
    says,
    fix,
  })
  const one = (change: object) => ({
    version: 1,
    accounts: [
      { account: 'ebay:ok', refreshToken: 'v^1.1#ok' },
      { ...ebay, ...change },
    ],
  })
  test.each(
    cases({
      'nothing at all': bad('', /No import document/, 'ANSWER_MISSING'),
      'no JSON': bad('{"version": 1,\n "accounts": [\n  {"account": x}]}', /not JSON \(line 3, column 15\)/),
      'half of one': bad('{"version": 1, "accounts": [', /not JSON/),
      'a list': bad('[]', /the document is not as it should be/),
      'a version to come': bad(
        { version: 2, accounts: [ebay] },
        /version is not as it should be \(it must be 1\)/,
      ),
      'neither apps nor accounts': bad({ version: 1 }, /neither apps nor accounts/),
      'an unknown field': bad(
        one({ refresh_token: 'x' }),
        /accounts\[1\] has an unknown field `refresh_token`/,
      ),
      'a token where a field’s name should be': bad(
        one({ 'v^1.1#i^1#secretsecret': 'x' }),
        /accounts\[1\] has an unknown field `…`/,
      ),
      'no token': bad(
        { version: 1, accounts: [{ account: 'ebay:third' }] },
        /accounts\[0\]\.refreshToken is not as it should be/,
      ),
      'an empty token': bad(one({ refreshToken: '' }), /accounts\[1\]\.refreshToken/),
      'a token with a newline': bad(
        one({ refreshToken: 'v^1.1#a\nb' }),
        /accounts\[1\]\.refreshToken .*line breaks/,
      ),
      'a token of another kind': bad(
        { version: 1, accounts: [{ account: 'amazon:b', refreshToken: 'v^1.1#abcdefgh' }] },
        /accounts\[0\]\.refreshToken does not look like a refresh token of Amazon/,
      ),
      'an unknown marketplace': bad(
        one({ account: 'ebya:third' }),
        /accounts\[1\]\.account: There is no marketplace "ebya"\. Did you mean `ebay`\?/,
        'MARKETPLACE_UNKNOWN',
      ),
      'a bad name': bad(
        one({ account: 'ebay:Third Shop' }),
        /accounts\[1\]\.account: "Third Shop" cannot be the name of an account/,
      ),
      'a date that is none': bad(
        one({ consentAt: 'yesterday' }),
        /accounts\[1\]\.consentAt: "yesterday" is not a date/,
      ),
      'a consent to come': bad(
        one({ consentAt: '2999-01-01' }),
        /accounts\[1\]\.consentAt: [\d-]+ lies in the future/,
      ),
      'a region that is none': bad(
        { version: 1, accounts: [{ account: 'amazon:b', refreshToken: 'Atzr|abcdefgh', region: 'asia' }] },
        /accounts\[0\]\.region .*na or eu or fe/,
      ),
      'one account twice': bad({ version: 1, accounts: [ebay, ebay] }, /ebay:third stands twice/),
      'a key that is missing': bad(
        { version: 1, apps: [{ ...ebayApp, keys: { clientId: 'a', ruName: 'b' } }] },
        /apps\[0\]: keys lacks `clientSecret`/,
        'USAGE',
        /clientId, clientSecret, ruName \(if there is one\)/,
      ),
      'a key that is none': bad(
        { version: 1, apps: [{ ...ebayApp, keys: { ...ebayApp.keys, certId: 'd' } }] },
        /apps\[0\]: keys has a key `certId`/,
      ),
      'other content than what is there': bad(
        { version: 1, accounts: [{ account: 'ebay:main', refreshToken: 'v^1.1#another' }] },
        /Already there with other content: ebay:main/,
        'USAGE',
        /--replace/,
      ),
      'nested past all bearing': bad('['.repeat(200_000), /not JSON|nested too deeply/),
    }),
  )('import: %s', async (_, row) => four.check(row))

  test.each(
    cases({
      'no JSON': {
        args: ['app', 'set', 'ebay', '--stdin'],
        input: 'clientId=a',
        code: 'USAGE',
        says: /key document is not JSON \(line 1, column 1\)/,
        fix: /Nothing was changed/,
      },
      'no object': {
        args: ['app', 'set', 'ebay', '--stdin'],
        input: '"x"',
        code: 'USAGE',
        says: /keys must be a JSON object/,
        fix: /clientId, clientSecret, ruName/,
      },
      'a key of another marketplace': {
        args: ['app', 'set', 'aliexpress', '--stdin'],
        input: '{"clientId":"a"}',
        code: 'USAGE',
        says: /`clientId` that AliExpress does not know/,
        fix: /appKey, appSecret/,
      },
      'a number': {
        args: ['app', 'set', 'aliexpress', '--stdin'],
        input: '{"appKey":500102,"appSecret":"b"}',
        code: 'USAGE',
        says: /`appKey` must be a text/,
        fix: /Nothing was changed/,
      },
      'spaces in a key': {
        args: ['app', 'set', 'aliexpress', '--stdin'],
        input: '{"appKey":"500 102","appSecret":"b"}',
        code: 'USAGE',
        says: /`appKey` holds spaces/,
        fix: /Nothing was changed/,
      },
    }),
  )('app set: %s', async (_, row) => four.check(row))
})

describe('settings', () => {
  const settings = (text: string) => (home: string) =>
    writeFileSync(join(home, 'config.json'), text, { mode: 0o600 })
  const read = (text: string, says: RegExp, fix: RegExp): Bad => ({
    args: ['status'],
    spoil: settings(text),
    code: 'SETTINGS_INVALID',
    says,
    fix,
  })
  test.each(
    cases({
      'no JSON': read(
        '{\n  "window": 2 months\n}',
        /settings file .*config\.json is not JSON \(line 2\)/,
        /Mend the file/,
      ),
      'an unknown key': read(
        '{"windw": "2 months"}',
        /config\.json, "windw" is no setting/,
        /config unset windw/,
      ),
      'a value that does not fit': read(
        '{"window": "soon"}',
        /config\.json, "window" must be a length/,
        /config unset window/,
      ),
      'another type': read('{"window": 3}', /config\.json, "window" must be a length/, /config unset window/),
      'a list': read('[]', /holds no JSON object/, /Mend the file/),
      'an endpoint elsewhere': read(
        '{"endpoint.ebay": "http://example.com"}',
        /"endpoint\.ebay" must be a loopback address/,
        /config unset endpoint\.ebay/,
      ),
      'set: an unknown key': {
        args: ['config', 'set', 'windw', '2 months'],
        code: 'SETTINGS_INVALID',
        says: /"windw" is no setting/,
        fix: /window\.ebay/,
      },
      'set: a value that does not fit': {
        args: ['config', 'set', 'window', 'soon'],
        code: 'SETTINGS_INVALID',
        says: /`window` must be a length/,
        fix: /./,
      },
      'set: an endpoint elsewhere': {
        args: ['config', 'set', 'endpoint.ebay', 'https://api.ebay.com'],
        code: 'SETTINGS_INVALID',
        says: /loopback/,
        fix: /./,
      },
      'set: a sandbox that there is not': {
        args: ['config', 'set', 'environment.amazon', 'sandbox'],
        code: 'SETTINGS_INVALID',
        says: /Amazon has no sandbox/,
        fix: /environment\.amazon/,
      },
      'set: the store under its records': {
        args: ['config', 'set', 'store', 'keychain'],
        code: 'STORE_IN_USE',
        says: /Records rest in the file store/,
        fix: /migrate/,
      },
      'get: an unknown key': {
        args: ['config', 'get', 'colour'],
        code: 'SETTINGS_INVALID',
        says: /"colour" is no setting/,
        fix: /window/,
      },
    }),
  )('%s', async (_, row) => four.check(row))
})
