/** What is offered where: the words of a line in, the lines that a shell's script reads out. By the program's own definitions. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { completeLine } from '../../../src/cli/completion/complete-line.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { MARKETPLACE_IDS, NONE_OF_ONES_OWN, SHIPPED_IDS } from '../../../src/marketplaces/ids.ts'
import { STORES } from '../../../src/vault/choices.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

let home = ''
beforeEach(() => {
  home = temporaryHome()
  const records = join(home, 'state', 'records')
  mkdirSync(records, { recursive: true })
  writeFileSync(join(home, 'state', 'vault.json'), '{"store":"file"}')
  const keys = ['account.ebay.main', 'account.ebay.outlet', 'account.amazon.europe', 'app.ebay.default']
  for (const key of [...keys, 'app.amazon.second', 'channel.notice.pager'])
    writeFileSync(join(records, `${key}.sealed`), '')
})

const real = (line: readonly string[]) => buildProgram(() => expect.unreachable('a command acts'), line)

async function said(args: readonly string[], program: typeof real = real): Promise<string> {
  let out = ''
  const terminal = {
    out: (text: string) => {
      out += text
    },
  }
  const env = { TOKENCTL_HOME: home }
  const createWorld = async () => ({ ownMarketplaces: { ...NONE_OF_ONES_OWN, ids: () => ['bazaar'] } })
  await completeLine(args, { buildProgram: program, terminal, env, platform: 'linux', createWorld })
  return out
}

/** What is offered for a line as it is typed; the last word is under the cursor. */
async function offered(line: string, program = real): Promise<readonly string[]> {
  const words = line.split(' ')
  const lines = (await said([String(words.length), ...words], program)).trimEnd().split('\n')
  return lines.map(each => each.split('\t')[0] ?? '')
}

describe('commands', () => {
  test('each that `--help` lists, with what it does', async () => {
    const program = await buildProgram(async () => {})
    const help = program.createHelp()
    const listed = help.visibleCommands(program).map(command => command.name())
    expect(await offered('')).toEqual([...listed, ':words'])
    expect(listed).toContain('completion')
    for (const line of (await said(['1', ''])).trimEnd().split('\n').slice(0, -1))
      expect(line).toMatch(/^[a-z-]+\t\S.{3,79}$/)
  })

  test.each([
    ['stat', ['status', ':words']],
    ['acc', ['accounts', ':words']],
    ['notices r', ['remove', ':words']],
    ['nosuch', [':words']],
    ['nosuch ', [':words']],
    ['notices nosuch ', [':words']],
    ['help notices l', ['list', ':words']],
    ['help exit', ['exit-codes', ':words']],
    ['help nosuch l', [':words']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })
})

describe('options', () => {
  test.each([
    ['status --ti', ['--timeline', ':words']],
    ['status --timeline --ti', [':words']],
    ['status --format', ['--format', ':words']],
    ['status --nosuch --ti', [':words']],
    ['--vers', ['--version', ':words']],
    ['simulate --fault ebay=429 --fau', ['--fault', ':words']],
    ['schedule install --dry-run --js', ['--json', ':words']],
    ['schedule show ', ['--json', ':words']],
    ['demo ', [':words']],
    ['demo -', ['--help', ':words']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })

  test('those of every command are offered, and no others', async () => {
    const program = await buildProgram(async () => {})
    for (const command of program.commands.flatMap(each =>
      each.commands.length === 0 ? [each] : each.commands,
    )) {
      const path = command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`
      const long = command.options.map(option => option.long)
      expect({ path, words: [...(await offered(`${path} -`))].sort() }).toEqual({
        path,
        words: [...long, '--help', ':words'].sort(),
      })
    }
  })
})

describe('values', () => {
  test.each([
    ['status --format p', ['plain', 'prometheus', ':words']],
    ['status --format=p', ['--format=plain', '--format=prometheus', ':words']],
    ['status --output ', [':files']],
    ['status --output=a', [':files']],
    ['status --json=a', [':words']],
    ['completion z', ['zsh', ':words']],
    ['hooks add on-f', ['on-failure', ':words']],
    ['set-amazon --app ', ['default', 'second', ':words']],
    ['status --fail-within ', [':words']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })
})

describe('what is stored', () => {
  test.each([
    ['renew ', ['amazon', 'ebay', 'amazon:europe', 'ebay:main', 'ebay:outlet', ':words']],
    ['renew eb', ['ebay', 'ebay:main', 'ebay:outlet', ':words']],
    ['renew ebay:', ['ebay:main', 'ebay:outlet', ':words']],
    ['renew ebay:main ebay:', ['ebay:outlet', ':words']],
    ['renew --due ebay:m', ['ebay:main', ':words']],
    ['accounts remove e', ['ebay:main', 'ebay:outlet', ':words']],
    ['accounts rename ebay:main ', [':words']],
    ['set-amazon ', ['europe', ':words']],
    ['app remove amazon ', ['second', ':words']],
    ['notices remove ', ['pager', ':words']],
    ['login ebay:o', ['ebay:outlet', ':words']],
    ['exec ebay:main amazon:', ['amazon:europe', ':words']],
    // `ebay` could be either of two shops, and is refused there.
    ['exec ', ['amazon', 'amazon:europe', 'ebay:main', 'ebay:outlet', ':words']],
    ['token ', ['amazon', 'amazon:europe', 'ebay:main', 'ebay:outlet', ':words']],
    ['token eb', ['ebay:main', 'ebay:outlet', ':words']],
    ['exec ebay:main -- --', [':command 4']],
    ['exec --env X=ebay:m', ['X=ebay:main', ':words']],
    ['accounts tag ebay:o', ['ebay:outlet', ':words']],
    ['status --tag a=b --tag', ['--tag', ':words']],
    ['app set ama', ['amazon', ':words']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })

  test('settings, by their table', async () => {
    const words = await offered('config get ')
    expect(words).toContain('key-source')
    for (const id of [...MARKETPLACE_IDS, ...SHIPPED_IDS, 'bazaar']) expect(words).toContain(`window.${id}`)
  })

  test('marketplaces: every one, also those of the package and of the person', async () => {
    expect(await offered('app set ')).toEqual([...MARKETPLACE_IDS, ...SHIPPED_IDS, 'bazaar', ':words'])
  })

  test('stores, and states with a comma between them', async () => {
    expect((await offered('migrate --to ')).slice(0, -1).sort()).toEqual([...STORES].sort())
    expect(await offered('status --state due,expi')).toEqual(['due,expired', 'due,expiring', ':words'])
    expect(await offered('status --state=due,du')).toEqual([':words'])
    // A length stands once; states can come one by one.
    expect(await offered('status --within 30d --wi')).toEqual([':words'])
    expect(await offered('status --state due --stat')).toEqual(['--state', ':words'])
  })
})

describe('what a fleet stores is not asked for at a press of Tab', () => {
  beforeEach(() => writeFileSync(join(home, 'state', 'vault.json'), '{"version":1,"store":"postgres"}'))

  const marketplaces = [...MARKETPLACE_IDS, ...SHIPPED_IDS, 'bazaar']
  test.each([
    ['renew ', [...marketplaces, ':words']],
    ['renew eb', ['ebay', ':words']],
    ['renew ebay:', [':words']],
    // Whether `ebay` is one account alone nobody can say here.
    ['token ', [':words']],
    ['accounts remove ', [':words']],
    ['app remove amazon ', [':words']],
    ['notices remove ', [':words']],
    ['set-amazon ', [':words']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })
})

describe('the line of another program', () => {
  test.each([
    ['hooks add after ', ['--', ':words']],
    ['hooks add after -- ', [':command 5']],
    ['hooks add after -- /bin/x --he', [':command 5']],
    ['accounts deliver-to ebay:main --command -- /bin/x ', [':command 6']],
  ])('%j', async (line, words) => {
    expect(await offered(line)).toEqual(words)
  })
})

describe('nothing goes wrong', () => {
  test.each([[[]], [['']], [['0']], [['-1']], [['1.5']], [['x', 'status']], [['3', 'status']]])(
    '%j says nothing',
    async args => {
      expect(await said(args)).toBe('')
    },
  )

  test('an empty last word may be left out, and words after the cursor are not looked at', async () => {
    expect(await said(['2', 'renew'])).toBe(await said(['2', 'renew', '']))
    expect(await said(['2', 'renew', 'eb', '--nosuch', 'x'])).toBe(await said(['2', 'renew', 'eb']))
  })

  test('settings that are broken, no home, a program that cannot be built', async () => {
    writeFileSync(join(home, 'config.json'), '{')
    expect(await offered('accounts remove ebay:m')).toEqual(['ebay:main', ':words'])
    home = '/nonexistent'
    expect(await offered('accounts remove ')).toEqual([':words'])
    expect(await said(['1', ''], () => Promise.reject(new Error('no descriptor is left')))).toBe('')
  })

  test('of any words: lines of a word and what it is, then what the shell is to do', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'renew',
        'status',
        'app',
        'set',
        'hooks',
        'add',
        '--',
        '-',
        '--format=',
        '--json',
        'ebay:main',
      ),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async words => {
        expect(await said([String(words.length), ...words])).toMatch(
          /^([^\t\n]+\t[^\t\n]*\n)*:(words|files|command \d+)\n$/,
        )
      }),
      { numRuns: 300 },
    )
  })
})
