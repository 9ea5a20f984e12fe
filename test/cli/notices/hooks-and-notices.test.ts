/** What a run calls and tells outside: when, how often, with which facts, and that nothing of it spoils the run. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HooksAndNotices, type RunOptions } from '../../../src/cli/notices/hooks-and-notices.ts'
import type { World } from '../../../src/cli/world.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpRequest } from '../../../src/platform/http.ts'
import type { ProgramEnd } from '../../../src/platform/run-program.ts'
import type { HookTime } from '../../../src/renewal/hooks.ts'
import type { RenewResult } from '../../../src/renewal/ports.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import type { ChannelHeader } from '../../../src/vault/channel-header.ts'
import { createMemoryStore } from '../../../src/vault/memory.ts'
import { Vault } from '../../../src/vault/vault.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { FINE, noticeWorld, programChannel, vaultListing } from '../../support/notice-world.ts'
import { screen } from '../render/screen.ts'

const NOW = at('2026-11-22T06:00:00Z')
const FAILED: ProgramEnd = { how: 'ended', status: 3, signal: null, output: 'no' }
const HUNG: ProgramEnd = { how: 'timed-out', output: '' }

const hooks = (...times: HookTime[]) =>
  JSON.stringify({
    version: 1,
    next: 99,
    hooks: times.map((when, index) => ({
      id: index + 1,
      when,
      command: ['/bin/true', `${when}-${index + 1}`],
      timeoutSeconds: 30,
    })),
  })

const due = (name = 'main') =>
  header({
    account: `ebay:${name}`,
    consentAt: NOW - 200 * DAY,
    renewedAt: NOW - 100 * DAY,
    endsAt: NOW + 400 * DAY,
  })

function result(given: Partial<RenewResult> & { readonly name?: string } = {}): RenewResult {
  const { name = 'main', ...more } = given
  return {
    account: { marketplace: 'ebay', name },
    outcome: 'renewed',
    error: null,
    header: due(name),
    assessment: null,
    ...more,
  }
}
const failed = (name?: string) =>
  result({
    ...(name === undefined ? {} : { name }),
    outcome: 'failed',
    error: new TokenctlError('MARKETPLACE_DOWN', 'm'),
  })

interface Start {
  readonly hooks?: string | (() => string)
  readonly accounts?: readonly AccountHeader[]
  readonly ends?: (channel: string, before: number) => ProgramEnd
  readonly options?: Partial<RunOptions>
  readonly world?: Partial<World>
}

function start(given: Start = {}) {
  const hookText = () => (typeof given.hooks === 'function' ? given.hooks() : given.hooks)
  const made = noticeWorld(NOW, given.ends ?? (() => FINE), { hookText, ...given.world })
  const vault = vaultListing(() => ({ accounts: given.accounts ?? [] }))
  const options = { vault, channels: [], words: [], tells: false, strictHooks: false, ...given.options }
  return { ...made, make: () => new HooksAndNotices(options, made.world) }
}

describe('hooks', () => {
  test('before: once, where a marketplace will be asked about something, with the number of accounts', async () => {
    const { make, calls, told } = start({ hooks: hooks('before', 'after') })
    await make().before([due('a'), due('b'), header({ consentAt: NOW, renewedAt: NOW })], 'due')
    expect(calls).toEqual(['before-1'])
    expect(told[0]?.env).toMatchObject({
      TOKENCTL_EVENT: 'before',
      TOKENCTL_COUNT: '2',
      TOKENCTL_ACCOUNT: '',
    })
    await make().before([header({ consentAt: NOW, renewedAt: NOW })], 'due')
    expect(calls).toHaveLength(1)
  })

  test('after and on-failure: for each account, one after the other, in order', async () => {
    const { make, calls, told } = start({ hooks: hooks('after', 'on-failure', 'after') })
    await make().after([result({ name: 'a' }), failed('b'), result({ name: 'c', outcome: 'proved' })], 4)
    expect(calls).toEqual(['after-1', 'after-3', 'on-failure-2', 'after-1', 'after-3'])
    expect(
      told.map(
        ({ env }) =>
          `${env['TOKENCTL_EVENT']} ${env['TOKENCTL_ACCOUNT']} ${env['TOKENCTL_OUTCOME']} ${env['TOKENCTL_CODE']}`,
      ),
    ).toEqual([
      'after ebay:a renewed ',
      'after ebay:a renewed ',
      'on-failure ebay:b failed MARKETPLACE_DOWN',
      'after ebay:c proved ',
      'after ebay:c proved ',
    ])
  })

  test('get every variable, empty where it is unknown, and of the environment only what they need', async () => {
    const env = {
      PATH: '/usr/bin',
      HOME: '/root',
      HTTPS_PROXY: 'http://u:CNRY@p',
      NODE_OPTIONS: 'x',
      TOKENCTL_KEY_FILE: '/k',
      TOKENCTL_HOME: '/h',
    }
    const { make, told } = start({ hooks: hooks('after'), world: { env } })
    await make().after([result()], 0)
    expect(told[0]?.env).toEqual({
      PATH: '/usr/bin',
      HOME: '/root',
      TOKENCTL_HOME: '/h',
      TOKENCTL_EVENT: 'after',
      TOKENCTL_ACCOUNT: 'ebay:main',
      TOKENCTL_APP: '',
      TOKENCTL_MARKETPLACE: 'ebay',
      TOKENCTL_NAME: 'main',
      TOKENCTL_STATE: 'due',
      TOKENCTL_OUTCOME: 'renewed',
      TOKENCTL_CODE: '',
      TOKENCTL_ENDS_AT: '2027-12-27T06:00:00Z',
      TOKENCTL_RENEW_BY: '2026-11-14T06:00:00Z',
      TOKENCTL_DAYS_LEFT: '400',
      TOKENCTL_NEXT_COMMAND: 'tokenctl renew ebay:main',
      TOKENCTL_GAP_FROM: '',
      TOKENCTL_GAP_TO: '',
      TOKENCTL_COUNT: '1',
      TOKENCTL_TEXT: '',
      TOKENCTL_RUN: '0000abcd',
    })
  })

  test('on-recovery: once for each gap, also where a person brought the account back', async () => {
    const gap = { from: NOW - 3 * DAY, to: NOW - DAY }
    const accounts = [{ ...due(), gap }]
    const { make, calls, told } = start({ hooks: hooks('on-recovery'), accounts })
    for (let run = 0; run < 3; run++) await make().after([], 0)
    expect(calls).toEqual(['on-recovery-1'])
    expect(told[0]?.env).toMatchObject({
      TOKENCTL_GAP_FROM: '2026-11-19T06:00:00Z',
      TOKENCTL_GAP_TO: '2026-11-21T06:00:00Z',
    })
    accounts[0] = { ...due(), gap: { ...gap, to: NOW } }
    await make().after([], 0)
    expect(calls).toHaveLength(2)
  })

  test('what was called and is owed is lost with a file that cannot be read, and said', async () => {
    const gap = { from: NOW - 3 * DAY, to: NOW - DAY }
    const accounts = [{ ...due(), gap }, due('b')]
    const { make, calls, err, home, world } = start({ hooks: hooks('after', 'on-recovery'), accounts })
    const vault = vaultListing(() => ({ accounts }))
    const options = { vault, channels: [], words: [], tells: false, strictHooks: false }
    const stopped = new HooksAndNotices(options, { ...world, signal: AbortSignal.abort() })
    await make().after([], 0)
    // A call of `after` is owed.
    await stopped.after([result({ name: 'b' })], 130)
    writeFileSync(join(home, 'state', 'notices.json'), 'damaged')
    expect(calls).toEqual(['on-recovery-2'])
    await make().after([], 0)
    expect(calls).toEqual(['on-recovery-2', 'on-recovery-2'])
    expect(err()).toMatch(
      /^Note: .* not in shape\. .*notices and hooks of a recovery may come once more, and hooks still owed a call are not called\.\n$/,
    )
  })

  test('that fail are told once each, with how often, and change nothing', async () => {
    const { make, err } = start({ hooks: hooks('after'), ends: () => FAILED })
    expect(await make().after([result({ name: 'a' }), result({ name: 'b' }), result({ name: 'c' })], 3)).toBe(
      3,
    )
    expect(err()).toBe(
      'Note: The hook 1 (after) failed for ebay:a: /bin/true ended with status 3. It said: "no". It failed for 2 more.\n',
    )
  })

  test('that hang are stopped, and not called again in the run', async () => {
    const { make, calls, err } = start({ hooks: hooks('after'), ends: () => HUNG })
    await make().after([result({ name: 'a' }), result({ name: 'b' })], 0)
    expect(calls).toHaveLength(1)
    expect(err()).toMatch(
      /did not end within 30 s and was stopped\. It is not called again in this run; the next one calls it for the others\.\n$/,
    )
  })

  test('count with --strict-hooks: after the run it ends with 4, before it nothing is asked', async () => {
    const strict = { strictHooks: true }
    const later = start({ hooks: hooks('after'), ends: () => FAILED, options: strict })
    expect(await later.make().after([result()], 0)).toBe(4)
    expect(await later.make().after([result()], 3)).toBe(3)
    expect(await later.make().after([], 0)).toBe(0)
    const first = start({ hooks: hooks('before'), ends: () => FAILED, options: strict })
    await expect(first.make().before([due()], 'due')).rejects.toMatchObject({ code: 'HOOK_FAILED', exit: 4 })
    const lax = start({ hooks: hooks('before'), ends: () => FAILED })
    await lax.make().before([due()], 'due')
    expect(lax.err()).toMatch(/^Note: The hook 1 \(before\) failed: /)
  })

  test('that cannot be read are told, and stop a run only where they count', async () => {
    const text = () => {
      throw new TokenctlError('SETTINGS_INVALID', '/h/hooks.json can be written by others.')
    }
    const lax = start({ hooks: text })
    expect(await lax.make().after([result()], 0)).toBe(0)
    expect(lax.err()).toMatch(/^Note: No hook was called\. .*written by others/)
    expect(() => start({ hooks: text, options: { strictHooks: true } }).make()).toThrow(/written by others/)
    expect(() => start({ hooks: '{', options: { strictHooks: true } }).make()).toThrow(/not in shape/)
  })

  test('that hang are called for the others by the next run, and never again for the first', async () => {
    const ends = (_: string, before: number) => (before === 0 ? HUNG : FINE)
    const accounts = [due('a'), due('b'), due('c')]
    const { make, calls, told } = start({ hooks: hooks('after'), accounts, ends })
    await make().after([result({ name: 'a' }), result({ name: 'b' }), failed('c')], 0)
    expect(calls).toHaveLength(1)
    await make().after([], 0)
    await make().after([], 0)
    expect(told.map(({ env }) => `${env['TOKENCTL_ACCOUNT']} ${env['TOKENCTL_OUTCOME']}`)).toEqual([
      'ebay:b renewed',
    ])
  })

  test('are not called once a person has stopped the run, and by the next one, once', async () => {
    const gap = { from: NOW - 3 * DAY, to: NOW - DAY }
    const accounts = [{ ...due('a'), gap }, due('b'), due('c')]
    const text = hooks('after', 'on-failure', 'on-recovery')
    const controller = new AbortController()
    let left = 1
    const ends = () => {
      // Stopped while the second is called.
      if (left-- === 0) controller.abort()
      return FINE
    }
    const { make, told, world } = start({ hooks: text, accounts, ends })
    const stopped = AbortSignal.abort()
    const of = (signal: AbortSignal) =>
      new HooksAndNotices(
        {
          vault: vaultListing(() => ({ accounts })),
          channels: [],
          words: [],
          tells: false,
          strictHooks: false,
        },
        { ...world, signal },
      )
    const results = [result({ name: 'a' }), result({ name: 'b' }), failed('c')]
    expect(await of(stopped).after(results, 130)).toBe(130)
    expect(told).toEqual([])
    await of(controller.signal).after([], 0)
    expect(told).toHaveLength(2)
    for (let run = 0; run < 3; run++) await make().after([], 0)
    expect(told.map(({ env }) => `${env['TOKENCTL_EVENT']} ${env['TOKENCTL_ACCOUNT']}`)).toEqual([
      'after ebay:a',
      'after ebay:b',
      'on-failure ebay:c',
      'on-recovery ebay:a',
    ])
    expect(told[2]?.env).toMatchObject({ TOKENCTL_OUTCOME: 'failed', TOKENCTL_CODE: 'MARKETPLACE_DOWN' })
  })

  test('are owed before anybody is told, so that a run that is killed while it tells loses none', async () => {
    const accounts = [due()]
    let owed = ''
    const ends = (channel: string) => {
      if (channel === 'pager') owed = readFileSync(join(home, 'state', 'notices.json'), 'utf8')
      return FINE
    }
    const options = { channels: [programChannel('pager')], tells: true }
    const { make, calls, home } = start({ hooks: hooks('after'), accounts, ends, options })
    await make().after([result()], 0)
    expect(calls).toEqual(['pager', 'after-1'])
    expect(JSON.parse(owed).told['account/ebay:main']).toMatchObject([{ event: 'after-hook', owed: ['1'] }])
  })

  test('whose call cannot be written down are not called, and by the next run', async () => {
    const full = new TokenctlError('WRITE_FAILED', 'The disk is full.')
    const accounts = [due('a'), due('b')]
    const { make, world, calls, err } = start({ hooks: hooks('after'), accounts })
    const options = {
      vault: vaultListing(() => ({ accounts })),
      channels: [],
      words: [],
      tells: false,
      strictHooks: false,
    }
    let writes = 0
    const files = {
      ...world.files,
      writeDurably: (path: string, data: string) => {
        if (++writes > 1) throw full
        world.files.writeDurably(path, data)
      },
    }
    await new HooksAndNotices(options, { ...world, files }).after(
      [result({ name: 'a' }), result({ name: 'b' })],
      0,
    )
    expect(calls).toEqual([])
    expect(err()).toBe(
      'Note: The hook 1 (after) was not called for ebay:a, nor any after it: the next run calls them. The disk is full.\n',
    )
    await make().after([], 0)
    expect(calls).toHaveLength(2)
  })

  test('that cannot be taken off since the file cannot be read stay owed, and the next run calls them', async () => {
    const accounts = [due('a'), due('b')]
    const { make, world, calls, err } = start({ hooks: hooks('after'), accounts })
    const options = {
      vault: vaultListing(() => ({ accounts })),
      channels: [],
      words: [],
      tells: false,
      strictHooks: false,
    }
    let isOwed = false
    const files: typeof world.files = {
      ...world.files,
      readPrivate: (path, how) => {
        if (isOwed) throw new TokenctlError('VAULT_UNAVAILABLE', 'The disk does not answer.')
        return world.files.readPrivate(path, how)
      },
      writeDurably: (path, data) => {
        world.files.writeDurably(path, data)
        isOwed = true
      },
    }
    await new HooksAndNotices(options, { ...world, files }).after(
      [result({ name: 'a' }), result({ name: 'b' })],
      0,
    )
    expect(calls).toEqual([])
    expect(err()).toContain('nor any after it: the next run calls them. The disk does not answer.\n')
    await make().after([], 0)
    expect(calls).toHaveLength(2)
  })

  test('are called for what the run did itself where nothing can be written down at all', async () => {
    const locks = {
      hold: async () => {
        throw new TokenctlError('LOCK_HELD', 'Another run holds it.')
      },
    }
    const gap = { from: NOW - 3 * DAY, to: NOW - DAY }
    const accounts = [{ ...due(), gap }]
    const { make, calls, err } = start({ hooks: hooks('after', 'on-recovery'), accounts, world: { locks } })
    await make().after([result()], 0)
    expect(calls).toEqual(['after-1'])
    expect(err()).toMatch(
      /^Note: Which hooks are owed a call could not be written down\. Another run holds it\./,
    )
  })

  test('before a run have one bound together; those that are left out are named', async () => {
    const text = JSON.stringify({
      version: 1,
      next: 9,
      hooks: [1, 2, 3, 4].map(id => ({
        id,
        when: 'before',
        command: ['/bin/true', `before-${id}`],
        timeoutSeconds: 400,
      })),
    })
    const limits: number[] = []
    const made = start({ hooks: text })
    const programs = async () => ({
      problem: () => undefined,
      run: async ({ timeoutMs }: { readonly timeoutMs: number }) => {
        limits.push(timeoutMs)
        made.clock.advance(timeoutMs)
        return HUNG
      },
    })
    const world = { ...made.world, programs } as unknown as World
    const options = { vault: vaultListing(() => ({})), channels: [], words: [], tells: false }
    await new HooksAndNotices({ ...options, strictHooks: false }, world).before([due()], 'due')
    expect(limits).toEqual([400_000, 200_000])
    expect(made.err()).toMatch(/The hook 2 \(before\) failed: .* did not end within 200 s and was stopped\./)
    expect(made.err()).toMatch(
      /Note: The hooks 3, 4 \(before\) were not called: those before took the 600 s that all of them have together\.\n$/,
    )
  })
})

describe('heartbeats', () => {
  async function beats(
    results: readonly RenewResult[],
    {
      signalsFailure = true,
      more = {} as Partial<RunOptions>,
      world = {} as Partial<World>,
      fails = false,
    } = {},
  ) {
    const seen: HttpRequest[] = []
    const way = { kind: 'heartbeat', host: 'hc.test', method: 'GET', signalsFailure } as const
    const channel: ChannelHeader = { name: 'alive', addedAt: 0, way }
    const vault = new Vault(createMemoryStore())
    await (await vault.channels()).save({ header: channel, secret: new Secret('https://hc.test/CNRY') }, null)
    const send = async (request: HttpRequest) => {
      seen.push(request)
      if (fails) throw new TokenctlError('NETWORK_FAILED', 'hc.test does not answer.')
      return { status: 200, headers: {}, body: '' }
    }
    const { make, err } = start({
      options: { vault, channels: [channel], tells: true, ...more },
      world: { http: async () => ({ send }), ...world },
      ...(more.strictHooks === true ? { hooks: hooks('after'), ends: () => FAILED } : {}),
    })
    const exit = await make().after(results, 0)
    return { urls: seen.map(({ url }) => url), err: err(), exit }
  }

  test.each<[string, readonly RenewResult[], readonly string[]]>([
    ['nothing was due', [], ['https://hc.test/CNRY']],
    ['renewed', [result()], ['https://hc.test/CNRY']],
    [
      'a person must act, which the run can do nothing about',
      [result({ outcome: 'needs-person' })],
      ['https://hc.test/CNRY'],
    ],
    ['one failed', [result({ name: 'a' }), failed('b')], ['https://hc.test/CNRY/fail']],
  ])('%s', async (_, results, urls) => {
    expect((await beats(results)).urls).toEqual(urls)
  })

  test('nothing is asked after a failed run where nobody wants to know', async () => {
    expect((await beats([failed()], { signalsFailure: false })).urls).toEqual([])
  })

  test('a hook that counts and failed is a failed run', async () => {
    expect((await beats([result()], { more: { strictHooks: true } })).urls).toEqual([
      'https://hc.test/CNRY/fail',
    ])
  })

  test('nothing is asked where nobody is told, or where a person watches', async () => {
    expect((await beats([], { more: { tells: false } })).urls).toEqual([])
    expect((await beats([], { world: { terminal: screen(80) } })).urls).toEqual([])
  })

  test('one that does not answer is told, and changes nothing', async () => {
    const { exit, err } = await beats([], { fails: true })
    expect(exit).toBe(0)
    expect(err).toMatch(/^Note: The heartbeat alive was not taken\. hc\.test does not answer\./)
    expect(err).not.toContain('CNRY')
  })
})

describe('notices', () => {
  test('are sent at the end, and a channel that fails is told and changes nothing', async () => {
    const channels = [programChannel('a'), programChannel('b')]
    const ends = (channel: string) => (channel === 'b' ? FAILED : FINE)
    const { make, told, err } = start({ accounts: [due()], ends, options: { channels, tells: true } })
    expect(await make().after([failed()], 4)).toBe(4)
    expect(
      told.map(
        ({ channel, message }) => `${channel} ${message.notices[0]?.event} ${message.notices[0]?.code}`,
      ),
    ).toEqual(['a due MARKETPLACE_DOWN'])
    expect(told[0]?.message.text).toMatch(/has passed, and renewing it failed \(MARKETPLACE_DOWN\)\. Type: /)
    expect(err()).toBe(
      'Note: The notice channel b did not take a notice. /bin/true ended with status 3. It said: "no". The next run tries again; `tokenctl notices test b` tries it now.\n',
    )
  })

  test('are of what the run was asked for', async () => {
    const accounts = [due('a'), header({ account: 'amazon:b' })]
    const { make, told } = start({
      accounts,
      options: { channels: [programChannel('a')], tells: true, words: ['amazon'] },
    })
    await make().after([], 0)
    expect(told.map(({ message }) => message.notices[0]?.account)).toEqual(['amazon:b'])
  })

  test('more than five at once are one message', async () => {
    const accounts = Array.from({ length: 6 }, (_, index) => due(`s${index}`))
    const { make, told } = start({ accounts, options: { channels: [programChannel('a')], tells: true } })
    await make().after([], 0)
    expect(told).toHaveLength(1)
    expect(told[0]?.message.text).toMatch(
      /^tokenctl has 6 notices: ebay:s0, .* and 1 more\. Type: tokenctl status$/,
    )
    expect(told[0]?.message.notices).toHaveLength(6)
    expect(told[0]?.env).toMatchObject({
      TOKENCTL_EVENT: 'several',
      TOKENCTL_COUNT: '6',
      TOKENCTL_ACCOUNT: '',
    })
    await make().after([], 0)
    expect(told).toHaveLength(1)
  })

  test('a record that cannot be read is told of, with its code', async () => {
    const problem = new TokenctlError('RECORD_UNREADABLE', 'm')
    const vault = vaultListing(() => ({ unreadable: [{ key: 'account/ebay:main', error: problem }] }))
    const { make, told } = start({ options: { vault, channels: [programChannel('a')], tells: true } })
    for (let run = 0; run < 2; run++) await make().after([failed()], 5)
    expect(told.map(({ message }) => message.text)).toEqual([
      'ebay:main (eBay) cannot be renewed: its record cannot be read (RECORD_UNREADABLE). Type: tokenctl status --verify',
    ])
  })

  test('a receiver that refuses is told of by its name, without what a chat reads for more than that', async () => {
    const failing = { code: 'REFUSED', count: 9, since: NOW, lastAt: NOW, notBefore: null }
    const account = { ...due(), renewedAt: NOW }
    const accounts = [{ ...account, delivery: delivery({ target: '/opt/@all/<é>*x*', failing }) }]
    const options = { channels: [programChannel('a')], tells: true }
    const { make, told } = start({ accounts, options })
    await make().after([], 0)
    const [row] = told[0]?.message.notices ?? []
    expect(row).toMatchObject({
      event: 'undelivered',
      code: 'REFUSED',
      delivery: { state: 'pending', target: '/opt/@all/<é>*x*' },
      command: 'tokenctl deliver ebay:main',
      text: 'ebay:main (eBay): its newest tokens do not reach /opt/?all/????x?, 9 times in a row (REFUSED). Type: tokenctl deliver ebay:main',
    })
  })

  test('another run that is telling is left to it', async () => {
    const locks = {
      hold: async () => {
        throw new TokenctlError('LOCK_HELD', 'held')
      },
    }
    const { make, told, err } = start({
      accounts: [due()],
      options: { channels: [programChannel('a')], tells: true },
      world: { locks },
    })
    expect(await make().after([], 0)).toBe(0)
    expect([told, err()]).toEqual([[], ''])
  })

  test('a fault of ours in them is no fault of the renewal', async () => {
    const vault = { listing: async () => Promise.reject(new TypeError('CNRY')) } as unknown as Vault
    const { make, err } = start({ options: { vault, channels: [programChannel('a')], tells: true } })
    expect(await make().after([], 0)).toBe(0)
    expect(err()).toMatch(
      /^Note: No notice was sent: Something went wrong that should not have \(TypeError\)/,
    )
    expect(err()).not.toContain('CNRY')
  })

  test('a state folder that cannot be used is told', async () => {
    const { make, err, home, told } = start({
      accounts: [due()],
      options: { channels: [programChannel('a')], tells: true },
    })
    writeFileSync(join(home, 'state'), 'no folder')
    expect(await make().after([], 0)).toBe(0)
    expect(told).toHaveLength(1)
    expect(err()).toMatch(/could not be written down, so it comes again/)
  })
})
