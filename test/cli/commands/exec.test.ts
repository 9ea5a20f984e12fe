/** `exec`: what the command is given, in which order things happen, and what it all ends with. No program is run here. */
import { describe, expect, test } from 'vitest'
import { type ExecOptions, execRun } from '../../../src/cli/commands/exec.ts'
import type { CommandCall, CommandEnd, Commands } from '../../../src/platform/child-command.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorldOptions, testWorld } from '../../support/world.ts'

function account(name: string, given: Partial<AccountHeader> = {}) {
  const dates = { consentAt: NOW - 9 * DAY, acceptedAt: NOW - HOUR, accessExpiresAt: NOW + HOUR }
  return tokenSet(
    { account: name, ...dates, ...given },
    { accessToken: new Secret(`access-of-${name}`), refreshToken: new Secret('REFRESH') },
  )
}

const REFUSED = { refused: { code: 'GRANT_REJECTED', at: NOW - DAY } } as const
const ACCOUNTS = [
  account('ebay:main'),
  account('ebay:outlet'),
  account('amazon:eu'),
  account('aliexpress:x', REFUSED),
]

/** Runs a line as it is typed; the command comes to that end. */
async function run(
  line: string,
  end: CommandEnd = { how: 'ended', status: 0 },
  given: TestWorldOptions = {},
  more: Partial<ExecOptions> = {},
) {
  const log: string[] = []
  let call: CommandCall | undefined
  const commands: Commands = {
    run: async what => {
      log.push('run')
      call = what
      return end
    },
    dieOf: signal => {
      log.push(`die of ${signal}`)
      return 199
    },
  }
  const world = Object.assign(await testWorld({ accounts: ACCOUNTS, env: {}, ...given }), {
    commands: async () => commands,
    close: async () => void log.push('close'),
  })
  const typed = line.split(' ')
  const words = typed.filter((word, index) => word !== '--' || index > typed.indexOf('--'))
  const ended = await execRun({ words, line: typed, ...more }, world).then(
    status => ({ status }),
    ({ code, message }) => ({ code, message }),
  )
  const { out, err } = world.terminal.shown
  expect(out).toBe('')
  expect(err).not.toMatch(/access-of|REFRESH/)
  return { ...ended, log, command: call?.command, env: call?.env, err }
}

const iso = '2026-11-22T11:00:00Z'

describe('the environment', () => {
  test.each<[string, readonly string[], Record<string, string>]>([
    [
      'ebay:main -- a -b',
      [],
      { EBAY_ACCESS_TOKEN: 'access-of-ebay:main', EBAY_ACCESS_TOKEN_EXPIRES_AT: iso },
    ],
    [
      'amazon ebay:main -- a -b',
      ['A=ebay:outlet'],
      {
        A: 'access-of-ebay:outlet',
        A_EXPIRES_AT: iso,
        AMAZON_ACCESS_TOKEN: 'access-of-amazon:eu',
        AMAZON_ACCESS_TOKEN_EXPIRES_AT: iso,
        EBAY_MAIN_ACCESS_TOKEN: 'access-of-ebay:main',
        EBAY_MAIN_ACCESS_TOKEN_EXPIRES_AT: iso,
      },
    ],
    ['-- a -b', ['A=amazon'], { A: 'access-of-amazon:eu', A_EXPIRES_AT: iso }],
  ])('%s with --env %j', async (line, env, expected) => {
    expect(await run(line, undefined, {}, { env })).toMatchObject({
      status: 0,
      log: ['close', 'run'],
      command: ['a', '-b'],
      env: expected,
      err: '',
    })
  })

  test('is this one, but for what is ours and for older tokens', async () => {
    const env = {
      PATH: '/bin',
      TOKENCTL_HOME: '/h',
      EBAY_ACCESS_TOKEN: 'old',
      EBAY_ACCESS_TOKEN_EXPIRES_AT: 'old',
      AMAZON_ACCESS_TOKEN: 'mine',
    }
    const { env: got } = await run('-- a', undefined, { env }, { env: ['S=ebay:main'] })
    expect(got).toEqual({
      PATH: '/bin',
      AMAZON_ACCESS_TOKEN: 'mine',
      S: 'access-of-ebay:main',
      S_EXPIRES_AT: iso,
    })
  })
})

describe('the end', () => {
  test.each<[CommandEnd, number, readonly string[]]>([
    [{ how: 'ended', status: 0 }, 0, []],
    [{ how: 'ended', status: 255 }, 255, []],
    [{ how: 'killed', signal: 'SIGTERM' }, 199, ['die of SIGTERM']],
  ])('%j is %i', async (end, status, more) => {
    expect(await run('ebay:main -- a', end)).toMatchObject({
      status,
      log: ['close', 'run', ...more],
      err: '',
    })
  })

  test.each<[string, 126 | 127, string, RegExp]>([
    [
      'ENOENT',
      127,
      'nosuch',
      /^Error: The command "nosuch" could not be started: it, or .* is not there\.\n$/,
    ],
    ['EACCES', 126, '/etc/passwd', /this user may not run it/],
    ['E2BIG', 126, 'a', /started: E2BIG\./],
    ['ENOENT', 127, `v^1.1#${'s'.repeat(40)}`, /The command a text of 46 characters could/],
    ['ENOENT', 127, '\u001b[2J', /\\u001b\[2J/],
  ])('%s: %i', async (code, status, program, words) => {
    const ended = await run(`ebay:main -- ${program}`, { how: 'not-started', status, code })
    expect(ended).toMatchObject({ status, err: expect.stringMatching(words) })
  })
})

describe('nothing is started', () => {
  test.each<[string, string, Partial<ExecOptions>]>([
    ['ebay:main a', 'USAGE', {}],
    ['ebay:main --', 'USAGE', {}],
    ['-- a', 'USAGE', {}],
    ['ebay -- a', 'USAGE', {}],
    ['ebay:main -- a', 'USAGE', { minValid: '3h' }],
    ['ebay:main -- a', 'USAGE', { minValid: '--' }],
    ['ebay:main -- a', 'USAGE', { env: ['PATH=amazon'] }],
    ['ebay:main -- a', 'USAGE', { env: ['EBAY_ACCESS_TOKEN=amazon', 'EBAY_ACCESS_TOKEN=ebay:main'] }],
    ['ebay:mian -- a', 'ACCOUNT_UNKNOWN', {}],
    ['ebay:main -- a', 'ACCOUNT_UNKNOWN', { env: ['A=amazon:nix'] }],
    // The first has a token, the last is dead.
    ['ebay:main amazon aliexpress -- a', 'GRANT_REJECTED', {}],
  ])('%s is %s with %j', async (line, code, more) => {
    expect(await run(line, undefined, {}, more)).toMatchObject({ code, log: [] })
  })

  test('after a stop', async () => {
    const signal = AbortSignal.abort()
    expect(await run('ebay:main -- a', undefined, { signal })).toMatchObject({
      code: 'CANCELLED',
      message: 'Stopped before the command began.',
      log: [],
    })
  })
})
