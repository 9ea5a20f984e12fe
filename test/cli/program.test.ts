/** These words give these options: parsing alone, with every command's work replaced by a record of what it was given. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { describe, expect, test, vi } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import type { World } from '../../src/cli/world.ts'

const given = vi.hoisted(() => ({ work: '', options: {} as unknown }))
const recorders = vi.hoisted(() => (...names: readonly string[]) => {
  const record = (name: string) => async (options: unknown) => {
    Object.assign(given, { work: name, options })
    return 0
  }
  return Object.fromEntries(names.map(name => [name, record(name)]))
})

vi.mock('../../src/cli/commands/status.ts', () => recorders('statusRun'))
vi.mock('../../src/cli/commands/renew.ts', () => recorders('renewRun'))
vi.mock('../../src/cli/commands/set-amazon.ts', () => recorders('setAmazonRun'))
vi.mock('../../src/cli/commands/login.ts', () => recorders('loginRun'))
vi.mock('../../src/cli/commands/track.ts', () => recorders('trackRun', 'renewedRun'))
vi.mock('../../src/cli/commands/app.ts', () => recorders('appSetRun', 'appListRun', 'appRemoveRun'))
vi.mock('../../src/cli/commands/app-rotate.ts', () => recorders('appRotateRun'))
vi.mock('../../src/cli/commands/token.ts', () => recorders('tokenRun'))
vi.mock('../../src/cli/commands/exec.ts', () => recorders('execRun'))
vi.mock('../../src/cli/commands/import.ts', () => recorders('importRun'))
vi.mock('../../src/cli/commands/export.ts', () => recorders('exportRun'))
vi.mock('../../src/cli/commands/migrate.ts', () => recorders('migrateRun'))
vi.mock('../../src/cli/commands/rekey.ts', () => recorders('rekeyRun'))
vi.mock('../../src/cli/commands/accounts.ts', () =>
  recorders('accountsListRun', 'accountsRenameRun', 'accountsRemoveRun'),
)
vi.mock('../../src/cli/commands/schedule.ts', () =>
  recorders('scheduleInstallRun', 'scheduleShowRun', 'scheduleRemoveRun'),
)
vi.mock('../../src/cli/commands/worker.ts', () => recorders('workerRun'))
vi.mock('../../src/cli/commands/history.ts', () => recorders('historyRun'))
vi.mock('../../src/cli/commands/doctor.ts', () => recorders('doctorRun'))
vi.mock('../../src/cli/commands/accounts-ack.ts', () => recorders('accountsAckRun'))
vi.mock('../../src/cli/commands/mark.ts', () => recorders('markRun'))
vi.mock('../../src/cli/commands/accounts-tag.ts', () => recorders('accountsTagRun'))
vi.mock('../../src/cli/commands/accounts-deliver-to.ts', () => recorders('deliverToRun'))
vi.mock('../../src/cli/commands/deliver.ts', () => recorders('deliverRun'))
vi.mock('../../src/cli/commands/config.ts', () =>
  recorders('configGetRun', 'configSetRun', 'configUnsetRun', 'configListRun', 'configPathRun'),
)
vi.mock('../../src/cli/commands/completion.ts', () => recorders('completionRun'))
vi.mock('../../src/cli/commands/simulate.ts', () => recorders('simulateRun'))
vi.mock('../../src/cli/commands/demo.ts', () => recorders('demoRun'))
vi.mock('../../src/cli/commands/help.ts', () => recorders('helpRun'))
vi.mock('../../src/cli/commands/notices.ts', () =>
  recorders('noticesAddRun', 'noticesListRun', 'noticesRemoveRun', 'noticesTestRun'),
)
vi.mock('../../src/cli/commands/hooks.ts', () => recorders('hooksAddRun', 'hooksListRun', 'hooksRemoveRun'))

/** Nothing in parsing may touch the world. */
const untouchable = new Proxy({}, { get: (_, name) => expect.unreachable(`world.${String(name)}`) }) as World

async function parse(line: string): Promise<typeof given> {
  Object.assign(given, { work: '', options: {} })
  const program = await buildProgram(async work => void (await work(untouchable)), line.split(' '))
  for (const command of [program, ...program.commands.flatMap(child => [child, ...child.commands])]) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
  }
  await program.parseAsync(line.split(' '), { from: 'user' })
  return given
}

describe('words to options', () => {
  test.each<[string, string, object]>([
    ['status', 'statusRun', { accounts: [] }],
    ['status ebay amazon:main --json', 'statusRun', { accounts: ['ebay', 'amazon:main'], json: true }],
    [
      'status --plain --check --verify --probe',
      'statusRun',
      { accounts: [], plain: true, check: true, verify: true, probe: true },
    ],
    [
      'status --format prometheus --output a/status.prom --fail-within 14d',
      'statusRun',
      { accounts: [], format: 'prometheus', output: 'a/status.prom', failWithin: '14d' },
    ],
    ['status --timeline', 'statusRun', { accounts: [], timeline: true }],
    ['status --format html --output a.html', 'statusRun', { accounts: [], format: 'html', output: 'a.html' }],
    [
      'status ebay --within 30d --state due,expired --tag client=acme --tag team=night --sort renew-by',
      'statusRun',
      {
        accounts: ['ebay'],
        within: '30d',
        state: 'due,expired',
        tag: ['client=acme', 'team=night'],
        sort: 'renew-by',
      },
    ],
    ['status --state due --state expired,ok', 'statusRun', { accounts: [], state: 'due,expired,ok' }],
    [
      'renew --due --tag client=acme --within 30d --state due',
      'renewRun',
      {
        accounts: [],
        due: true,
        tag: ['client=acme'],
        within: '30d',
        state: 'due',
        concurrency: '4',
        notices: true,
      },
    ],
    ['deliver --tag client=acme', 'deliverRun', { accounts: [], tag: ['client=acme'] }],
    ['accounts list --tag client=acme', 'accountsListRun', { tag: ['client=acme'] }],
    [
      'accounts tag ebay:main client=acme old-',
      'accountsTagRun',
      { words: ['ebay:main', 'client=acme', 'old-'] },
    ],
    ['mark --stdin --json', 'markRun', { stdin: true, json: true }],
    ['renew ebay', 'renewRun', { accounts: ['ebay'], concurrency: '4', notices: true }],
    [
      'renew --all --due',
      'renewRun',
      { accounts: [], all: true, due: true, concurrency: '4', notices: true },
    ],
    [
      'renew --due --no-notices --strict-hooks',
      'renewRun',
      { accounts: [], due: true, concurrency: '4', notices: false, strictHooks: true },
    ],
    [
      'notices add pager --command -- /usr/local/bin/page --team shops',
      'noticesAddRun',
      { name: 'pager', program: ['/usr/local/bin/page', '--team', 'shops'], command: true },
    ],
    [
      'notices add chat --webhook --as slack --stdin --replace',
      'noticesAddRun',
      { name: 'chat', program: [], webhook: true, as: 'slack', stdin: true, replace: true },
    ],
    [
      'notices add mail --email a@b.test --smtp m.test:465 --from c@b.test --smtp-user u',
      'noticesAddRun',
      { name: 'mail', program: [], email: 'a@b.test', smtp: 'm.test:465', from: 'c@b.test', smtpUser: 'u' },
    ],
    [
      'notices add alive --heartbeat --method POST --signal-failure',
      'noticesAddRun',
      { name: 'alive', program: [], heartbeat: true, method: 'POST', signalFailure: true },
    ],
    ['notices list --json', 'noticesListRun', { json: true }],
    ['notices remove pager', 'noticesRemoveRun', { name: 'pager' }],
    ['notices test pager', 'noticesTestRun', { name: 'pager' }],
    [
      'hooks add on-recovery --timeout 5m -- /bin/x --missing',
      'hooksAddRun',
      { when: 'on-recovery', program: ['/bin/x', '--missing'], timeout: '5m' },
    ],
    ['hooks list', 'hooksListRun', {}],
    ['hooks remove 2', 'hooksRemoveRun', { id: '2' }],
    [
      'renew --due --dry-run --json --concurrency 9',
      'renewRun',
      { accounts: [], due: true, dryRun: true, json: true, concurrency: '9', notices: true },
    ],
    ['set-amazon', 'setAmazonRun', { name: undefined }],
    [
      'set-amazon outlet --region eu --app second --stdin --json',
      'setAmazonRun',
      { name: 'outlet', region: 'eu', app: 'second', stdin: true, json: true },
    ],
    ['login ebay:main', 'loginRun', { marketplace: 'ebay:main', name: undefined, browser: true }],
    ['login ebay main', 'loginRun', { marketplace: 'ebay', name: 'main', browser: true }],
    ['track ebay:main --consented 2026-08-01', 'trackRun', { account: 'ebay:main', consented: '2026-08-01' }],
    ['renewed ebay:main', 'renewedRun', { account: 'ebay:main' }],
    [
      'renewed ebay:main --on 2026-11-20 --json',
      'renewedRun',
      { account: 'ebay:main', on: '2026-11-20', json: true },
    ],
    ['app set ebay', 'appSetRun', { marketplace: 'ebay' }],
    [
      'app set amazon second --stdin --issued 2026-08-01',
      'appSetRun',
      { marketplace: 'amazon', name: 'second', stdin: true, issued: '2026-08-01' },
    ],
    ['app rotate amazon', 'appRotateRun', { marketplace: 'amazon' }],
    [
      'app rotate amazon second --stdin --issued 2026-08-01 --unproven',
      'appRotateRun',
      { marketplace: 'amazon', name: 'second', stdin: true, issued: '2026-08-01', unproven: true },
    ],
    ['app list --json', 'appListRun', { json: true }],
    ['app list ebay', 'appListRun', { marketplace: 'ebay' }],
    ['app remove ebay --yes', 'appRemoveRun', { marketplace: 'ebay', yes: true }],
    ['import', 'importRun', {}],
    ['import --dry-run --replace --json', 'importRun', { dryRun: true, replace: true, json: true }],
    [
      'import --file a.age --identity key.txt --passphrase-stdin',
      'importRun',
      { file: 'a.age', identity: 'key.txt', passphraseStdin: true },
    ],
    ['migrate --to file --dry-run --json', 'migrateRun', { to: 'file', dryRun: true, json: true }],
    ['migrate --remove-old --yes', 'migrateRun', { removeOld: true, yes: true }],
    [
      'rekey --new-key-file /etc/2.key --dry-run --json',
      'rekeyRun',
      { newKeyFile: '/etc/2.key', dryRun: true, json: true },
    ],
    ['export --passphrase', 'exportRun', { accounts: [], passphrase: true }],
    [
      'export --to age1a ebay amazon:main --to age1b --output a.age',
      'exportRun',
      { accounts: ['ebay', 'amazon:main'], to: ['age1a', 'age1b'], output: 'a.age' },
    ],
    ['export --passphrase-stdin', 'exportRun', { accounts: [], passphraseStdin: true }],
    ['token ebay:main', 'tokenRun', { account: 'ebay:main' }],
    [
      'token ebay --min-valid 10m --reveal --json',
      'tokenRun',
      { account: 'ebay', minValid: '10m', reveal: true, json: true },
    ],
    [
      'exec ebay:main --min-valid 10m --env A=amazon --env B=ebay:main -- sh -c --json --',
      'execRun',
      {
        words: ['ebay:main', 'sh', '-c', '--json', '--'],
        line: 'exec ebay:main --min-valid 10m --env A=amazon --env B=ebay:main -- sh -c --json --'.split(' '),
        minValid: '10m',
        env: ['A=amazon', 'B=ebay:main'],
      },
    ],
    ['accounts list', 'accountsListRun', {}],
    ['accounts rename ebay:main outlet', 'accountsRenameRun', { account: 'ebay:main', name: 'outlet' }],
    ['accounts remove ebay:main --yes', 'accountsRemoveRun', { account: 'ebay:main', yes: true }],
    ['doctor', 'doctorRun', {}],
    ['doctor --fix --offline --json', 'doctorRun', { fix: true, offline: true, json: true }],
    ['doctor --scheduled', 'doctorRun', { scheduled: true }],
    ['history', 'historyRun', { account: undefined }],
    ['history ebay:main --limit 9 --json', 'historyRun', { account: 'ebay:main', limit: '9', json: true }],
    ['accounts ack ebay:main amazon', 'accountsAckRun', { accounts: ['ebay:main', 'amazon'] }],
    ['accounts ack ebay --json', 'accountsAckRun', { accounts: ['ebay'], json: true }],
    ['worker', 'workerRun', { concurrency: '16', poll: '30s', spread: true, notices: true }],
    [
      'worker --concurrency 256 --poll 5s --rate 20 --no-spread --once --listen 127.0.0.1:9464 --no-notices --json',
      'workerRun',
      {
        concurrency: '256',
        poll: '5s',
        rate: '20',
        spread: false,
        once: true,
        listen: '127.0.0.1:9464',
        notices: false,
        json: true,
      },
    ],
    ['schedule install', 'scheduleInstallRun', {}],
    [
      'schedule install --using task-scheduler --at 6:30 --every 12h --dry-run --json',
      'scheduleInstallRun',
      { using: 'task-scheduler', at: '6:30', every: '12h', dryRun: true, json: true },
    ],
    ['schedule show --json', 'scheduleShowRun', { json: true }],
    ['schedule remove --dry-run', 'scheduleRemoveRun', { dryRun: true }],
    [
      'accounts deliver-to ebay:main --tokens access --margin 7d --command -- /bin/store --shop main --json',
      'deliverToRun',
      {
        account: 'ebay:main',
        words: ['/bin/store', '--shop', 'main', '--json'],
        tokens: 'access',
        margin: '7d',
        command: true,
      },
    ],
    [
      'accounts deliver-to ebay:main --url --stdin --tokens access,refresh --json',
      'deliverToRun',
      { account: 'ebay:main', words: [], url: true, stdin: true, tokens: 'access,refresh', json: true },
    ],
    ['accounts deliver-to ebay:main --off', 'deliverToRun', { account: 'ebay:main', words: [], off: true }],
    ['deliver', 'deliverRun', { accounts: [] }],
    [
      'deliver ebay:main amazon --again --json',
      'deliverRun',
      { accounts: ['ebay:main', 'amazon'], again: true, json: true },
    ],
    ['deliver --all', 'deliverRun', { accounts: [], all: true }],
    ['config get window', 'configGetRun', { key: 'window' }],
    ['config set window 30d', 'configSetRun', { key: 'window', value: '30d' }],
    ['config unset window', 'configUnsetRun', { key: 'window' }],
    ['config list --json', 'configListRun', { json: true }],
    ['completion fish', 'completionRun', { shell: 'fish' }],
    [
      'simulate --port 8080 --fault ebay=429:3 --fault amazon=503 --rotation aliexpress=strict --consent-days 9 --json',
      'simulateRun',
      {
        port: '8080',
        fault: ['ebay=429:3', 'amazon=503'],
        rotation: ['aliexpress=strict'],
        consentDays: '9',
        json: true,
      },
    ],
    ['help app set', 'helpRun', expect.objectContaining({ topic: ['app', 'set'] })],
  ])('%s', async (line, work, options) => {
    expect(await parse(line)).toEqual({ work, options })
  })

  test.each(['config path', 'demo'])('%s', async line => {
    expect((await parse(line)).work).toMatch(/Run$/)
  })

  test.each<[string, string]>([
    ['renw', 'commander.unknownCommand'],
    ['status --jsn', 'commander.unknownOption'],
    ['status --format xml', 'commander.invalidArgument'],
    ['status --output', 'commander.optionMissingArgument'],
    ['track ebay:main', 'commander.missingMandatoryOptionValue'],
    ['track --consented 2026-08-01', 'commander.missingArgument'],
    ['set-amazon --region mars', 'commander.invalidArgument'],
    ['set-amazon a b', 'commander.excessArguments'],
    ['hooks add sometimes -- /bin/x', 'commander.invalidArgument'],
    ['notices add chat --webhook --as carrier-pigeon', 'commander.invalidArgument'],
    ['demo now', 'commander.excessArguments'],
    ['completion tcsh', 'commander.invalidArgument'],
    ['app', 'commander.help'],
    ['accounts ack', 'commander.missingArgument'],
    ['token', 'commander.missingArgument'],
    ['token ebay amazon', 'commander.excessArguments'],
    ['exec ebay curl --silent', 'commander.unknownOption'],
    ['schedule', 'commander.help'],
    ['schedule install --using at', 'commander.invalidArgument'],
    ['schedule install --every', 'commander.optionMissingArgument'],
  ])('%s is refused, and no work begins', async (line, code) => {
    await expect(parse(line)).rejects.toSatisfy(
      error => error instanceof CommanderError && error.code === code,
    )
    expect(given.work).toBe('')
  })

  test('two lengths are one too many', async () => {
    await expect(parse('status --within 30d --within 90d')).rejects.toMatchObject({ code: 'USAGE' })
    expect(given.work).toBe('')
  })
})

describe('what is declared', async () => {
  const names = async (...line: string[]) => {
    const { commands } = await buildProgram(async () => {}, line)
    return commands.map(command => command.name())
  }

  test.each(await names())('of a line that begins with `%s`, that command', async word => {
    const declared = await names(word, 'ebay:main')
    expect(declared).toContain(word)
    if (word !== 'help') expect(declared.length).toBeLessThan(3)
  })

  test.each([[['--version'], 0]])('for %j, no command', async (line, count) => {
    expect(await names(...line)).toHaveLength(count)
  })

  test.each([['--help'], ['help'], ['stat'], ['--json', 'status']])(
    'for %j, every command',
    async (...line) => {
      expect(await names(...line)).toEqual(await names())
    },
  )
})

describe('help', async () => {
  const program = await buildProgram(async () => {})
  const commands = program.commands.flatMap(command => [command, ...command.commands])

  test.each(commands.map(command => [command.name(), command] as const))(
    '%s says what it does, in sentences',
    (_, command) => {
      expect(command.description()).toMatch(/^[A-Z].+[.]$/)
    },
  )

  test.each(['app', 'accounts', 'config'])('%s lists its own commands and no `help` among them', name => {
    const group = program.commands.find(command => command.name() === name)
    expect(group?.helpInformation()).not.toMatch(/^ +help /m)
  })

  test('the lines about notices and hooks in docs/unattended.md parse', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/unattended.md'), 'utf8')
    const [, part = ''] = /^## Notices\n(.*)/ms.exec(page) ?? []
    const lines = [...part.matchAll(/^tokenctl (.*)$/gm)].map(match => match[1] ?? '')
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) expect(await parse(line)).toMatchObject({ work: expect.stringMatching(/Run$/) })
  })

  test('every command has examples, and each is a line that parses', async () => {
    for (const command of [program, ...commands]) {
      let seen = 0
      let help = ''
      const writeOut = (text: string) => {
        help += text
      }
      command.configureOutput({ writeOut }).outputHelp()
      for (const [, line = ''] of help.matchAll(/^ {2}\$ (.*)$/gm)) {
        // Only our own part of a pipeline: `pass show amazon | tokenctl set-amazon main --stdin`.
        for (const [, words = ''] of line.matchAll(/\btokenctl ((?:'[^']*'|[^|<>'])+)/g)) {
          const plain = words.trim().replace(/'([^']*)'/g, (_, quoted: string) => quoted.replaceAll(' ', '_'))
          expect(await parse(plain)).toMatchObject({ work: expect.stringMatching(/Run$/) })
          seen += 1
        }
      }
      expect({ command: command.name(), seen }).not.toEqual({ command: command.name(), seen: 0 })
    }
  })
})
