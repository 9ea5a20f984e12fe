/** Words and pastes that are wrong, on the built program: what it says, how it ends, and that nothing is changed. */
import { describe, expect, test } from 'vitest'
import { cases, connected, homePrint } from '../support/bad-input.ts'
import { tokenctl } from '../support/tokenctl.ts'

const four = connected()

describe('words', () => {
  test.each(
    cases({
      'an unknown marketplace': {
        args: ['renew', 'eaby'],
        code: 'MARKETPLACE_UNKNOWN',
        says: /no marketplace "eaby"\. Did you mean `ebay`\?/,
        fix: /ebay, amazon, aliexpress/,
      },
      'an unknown marketplace, of status': {
        args: ['status', 'amazom'],
        code: 'MARKETPLACE_UNKNOWN',
        says: /"amazom"\. Did you mean `amazon`\?/,
        fix: /ebay, amazon, aliexpress/,
      },
      'an unknown marketplace, of app set': {
        args: ['app', 'set', 'ali', '--stdin'],
        input: '{}',
        code: 'MARKETPLACE_UNKNOWN',
        says: /"ali"/,
        fix: /ebay, amazon, aliexpress/,
      },
      'an unknown account': {
        args: ['renew', 'ebay:mian'],
        code: 'ACCOUNT_UNKNOWN',
        says: /no account ebay:mian/,
        fix: /Did you mean ebay:main\? `tokenctl accounts list`/,
      },
      'an unknown account beside a known one: neither is renewed': {
        args: ['renew', 'ebay:main', 'ebay:outlat'],
        code: 'ACCOUNT_UNKNOWN',
        says: /no account ebay:outlat/,
        fix: /Did you mean ebay:outlet\?/,
      },
      'an unknown account, of accounts remove': {
        args: ['accounts', 'remove', 'amazon:mine', '--yes'],
        code: 'ACCOUNT_UNKNOWN',
        says: /amazon:mine/,
        fix: /Did you mean amazon:main\?/,
      },
      'a bad account name': {
        args: ['renew', 'ebay:Main'],
        code: 'USAGE',
        says: /"Main" cannot be the name of an account/,
        fix: /small letters, digits and hyphens/,
      },
      'a path as a name': {
        args: ['track', 'ebay:../../x', '--consented', '2026-08-01'],
        code: 'USAGE',
        says: /"\.\.\/\.\.\/x"/,
        fix: /small letters/,
      },
      'a name on another marketplace': {
        args: ['accounts', 'rename', 'ebay:main', 'amazon:foo'],
        code: 'USAGE',
        says: /ebay:main cannot move to another marketplace/,
        fix: /new name alone/,
      },
      'a bad app name': {
        args: ['set-amazon', 'main', '--stdin', '--app', 'My App'],
        input: `Atzr|${'Iw'.repeat(40)}`,
        code: 'USAGE',
        says: /"My App" cannot be the name of an app/,
        fix: /small letters/,
      },
      'a name that is taken': {
        args: ['accounts', 'rename', 'ebay:main', 'outlet'],
        code: 'USAGE',
        says: /ebay:outlet already/,
        fix: /another name/,
      },
      'a command that is none': {
        args: ['renw'],
        code: 'USAGE',
        says: /Unknown command 'renw'/,
        fix: /Did you mean renew\?.*--help/,
      },
      'an option that is none': {
        args: ['renew', '--al'],
        code: 'USAGE',
        says: /Unknown option '--al'/,
        fix: /Did you mean --all\?/,
      },
      'an option without its value': {
        args: ['set-amazon', '--region'],
        code: 'USAGE',
        takesNoJson: true,
        says: /--region <region>' argument missing/,
        fix: /--help/,
      },
      'a region that is none': {
        args: ['set-amazon', '--region', 'mars'],
        code: 'USAGE',
        says: /'mars' is invalid\. Allowed choices are na, eu, fe/,
        fix: /--help/,
      },
      'two that exclude each other': {
        args: ['renew', 'ebay', '--all'],
        code: 'USAGE',
        says: /--all and named accounts exclude/,
        fix: /Leave one out/,
      },
      'a concurrency that is none': {
        args: ['renew', 'ebay', '--concurrency', '0'],
        code: 'USAGE',
        says: /--concurrency takes a whole number/,
        fix: /--concurrency 4/,
      },
      'a date that is none': {
        args: ['track', 'ebay:third', '--consented', '2026-02-30'],
        code: 'USAGE',
        says: /--consented: "2026-02-30" is not a date/,
        fix: /2026-08-01/,
      },
      'a date to come': {
        args: ['track', 'ebay:third', '--consented', '2999-01-01'],
        code: 'USAGE',
        says: /--consented: 2999-01-01 lies in the future/,
        fix: /the day on which it was done/,
      },
      'a renewal noted by hand where the program sees it itself': {
        args: ['renewed', 'ebay:main'],
        code: 'USAGE',
        says: /ebay:main holds a token/,
        fix: /tokenctl renew ebay:main/,
      },
      'an app that is in use': {
        args: ['app', 'remove', 'ebay', '--yes'],
        code: 'USAGE',
        says: /ebay:main, ebay:outlet could not be renewed/,
        fix: /app set/,
      },
      'help on nothing': {
        args: ['help', 'renewal'],
        code: 'USAGE',
        says: /no help on "renewal"/,
        fix: /tokenctl --help/,
      },
    }),
  )('%s', async (_, bad) => four.check(bad))
})

describe('nobody to ask', () => {
  test.each(
    cases({
      'renew without a name': {
        args: ['renew'],
        code: 'ANSWER_MISSING',
        says: /nobody is there to ask/,
        fix: /tokenctl renew ebay`\), or say `--all` or `--due`/,
      },
      'set-amazon without --stdin': {
        args: ['set-amazon', 'main'],
        code: 'ANSWER_MISSING',
        says: /New token for amazon:main/,
        fix: /--stdin/,
      },
      'app set without --stdin': {
        args: ['app', 'set', 'ebay'],
        code: 'ANSWER_MISSING',
        says: /Client ID/,
        fix: /--stdin/,
      },
      'accounts remove without --yes': {
        args: ['accounts', 'remove', 'ebay:main'],
        code: 'ANSWER_MISSING',
        says: /Remove ebay:main/,
        fix: /--yes/,
      },
      'app remove without --yes': {
        args: ['app', 'remove', 'ebay', 'spare'],
        code: 'ACCOUNT_UNKNOWN',
        says: /no eBay app "spare"/,
        fix: /app list/,
      },
      'a key under a passphrase': {
        args: ['config', 'set', 'key-file', '/nonexistent/new.key'],
        code: 'VAULT_UNAVAILABLE',
        says: /no key at \/nonexistent\/new\.key, and records wait/,
        fix: /./,
      },
    }),
  )('%s', async (_, bad) => four.check(bad))
})

describe('a pasted token', () => {
  const set = ['set-amazon', 'main', '--stdin']
  const whole = { fix: /begins with `Atzr\|`, whole and alone\. Nothing was changed\./ }
  test.each(
    cases({
      'an empty paste': { args: set, input: '\n', code: 'ANSWER_MISSING', says: /No token/, fix: /`Atzr\|`/ },
      'the end of input': { args: set, code: 'ANSWER_MISSING', says: /No token/, fix: /`Atzr\|`/ },
      'quotes and nothing in them': {
        args: set,
        input: '""',
        code: 'ANSWER_MISSING',
        says: /No token/,
        fix: /Atzr/,
      },
      'a space inside': {
        args: set,
        input: 'Atzr|IwEBIabc defghijkl',
        code: 'USAGE',
        says: /spaces/,
        ...whole,
      },
      'a newline inside': {
        args: set,
        input: 'Atzr|IwEBIabc\ndefghijkl',
        code: 'USAGE',
        says: /line breaks/,
        ...whole,
      },
      'an escape code inside': {
        args: set,
        input: 'Atzr|IwEBI\u001b[31mabcdefghijkl',
        code: 'USAGE',
        says: /control characters/,
        ...whole,
      },
      'an access token': {
        args: set,
        input: 'Atza|IwEBIabcdefgh',
        code: 'USAGE',
        says: /is an access token/,
        ...whole,
      },
      'the client secret': {
        args: set,
        input: 'amzn1.oa2-cs.v1.abcdef',
        code: 'USAGE',
        says: /client secret/,
        ...whole,
      },
      'cut short': { args: set, input: 'Atzr|Iw', code: 'USAGE', says: /cut short/, ...whole },
      twice: { args: set, input: 'Atzr|IwEBIabcdefAtzr|IwEBIabcdef', code: 'USAGE', says: /twice/, ...whole },
      'bytes that are no text': {
        args: set,
        input: new Uint8Array([0xff, 0xfe, 0]),
        code: 'USAGE',
        says: /UTF-8/,
        fix: /UTF-8/,
      },
      'more than a mebibyte': {
        args: set,
        input: 'x'.repeat(1_100_000),
        code: 'USAGE',
        says: /longer than/,
        fix: /Nothing was changed/,
      },
    }),
  )('%s', async (_, bad) => four.check(bad))

  test('a token of nobody: refused by the marketplace, and the old one lives on', async () => {
    const home = four.copy()
    const before = homePrint(home)
    const { status, stderr } = await tokenctl(set, { home, input: 'Atzr|IwEBInobodys-token' })
    expect(stderr).toMatch(/\[GRANT_REJECTED\]\nFix: /)
    expect(status).toBe(3)
    expect(homePrint(home)).toEqual(before)
    expect((await tokenctl(['renew', 'amazon:main'], { home })).status).toBe(0)
  })

  test.each([
    ['newline', (token: string) => `${token}\n`],
    ['Windows’ line end, spaces and a tab', (token: string) => `\t  ${token} \r\n`],
    ['quotes', (token: string) => `"${token}"\n`],
    ['curly quotes', (token: string) => `\u201c${token}\u201d`],
    ['a byte order mark and a mark without width', (token: string) => `\ufeff${token}\u200b`],
    ['the marks of a bracketed paste', (token: string) => `\u001b[200~${token}\u001b[201~`],
  ])('what pasting adds is taken off: %s', async (_, dressed) => {
    const home = four.copy()
    const token = four.simulator.newAmazonToken('amazon:main')
    const { status, stdout } = await tokenctl(set, { home, input: dressed(token) })
    expect(stdout).toMatch(/^amazon:main: Amazon accepts the new token; it is stored\./)
    expect(status).toBe(0)
  })
})
