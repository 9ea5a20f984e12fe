/**
 * `exec` as scripts call it, with real children: what they find in their environment, what they hold of tokenctl, the
 * signals that reach them, and that tokenctl ends as they do. A child tells by its output that it is up.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { commandLines, environ } from '../support/command-lines.ts'
import { entries } from '../support/folder-print.ts'
import { keyringMissing, startKeyring } from '../support/keyring.ts'
import {
  connect,
  connectedHome,
  endpoints,
  heldSimulator,
  newestToken,
  openSimulator,
  shop,
  writeSettings,
} from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { inTerminal, tmuxMissing } from '../support/tmux.ts'
import {
  BIN,
  ended,
  environmentOf,
  NODE,
  type RunOptions,
  startTokenctl,
  tokenctl,
} from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const base = makeHome()
const home = base.path
let simulator: Simulator
const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(['exec', ...args], { home, ...more })

beforeAll(async () => {
  simulator = await openSimulator([
    shop('ebay:main', 20, 547),
    shop('ebay:client-7', 20, 547),
    shop('amazon:main', 20, 365),
    shop('aliexpress:dead', 70, 60),
  ])
  await connect(home, simulator)
})
afterAll(async () => {
  await simulator.close()
  base.remove()
})

const newest = (account: string) => newestToken(simulator, account)

/** Prints its environment as JSON. */
const SHOW = [NODE, '-e', 'process.stdout.write(JSON.stringify(process.env))']

async function environment(args: readonly string[], env: RunOptions['env'] = {}) {
  const { status, stdout, stderr } = await run([...args, '--', ...SHOW], { env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout) as Record<string, string>
}

describe('the environment', () => {
  const inherited = (env: RunOptions['env'] = {}) => {
    const { TOKENCTL_HOME, ...rest } = environmentOf({ home, env })
    expect(TOKENCTL_HOME).toBe(home)
    return rest
  }
  const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/)

  test('is this one, with the token and its end, and nothing of ours', async () => {
    const env = { PAGER: 'less', EMPTY: '' }
    const ours = { TOKENCTL_KEY_FILE: undefined, TOKENCTL_EVENT: 'after' }
    expect(await environment(['amazon'], { ...env, ...ours })).toEqual({
      ...inherited(env),
      AMAZON_ACCESS_TOKEN: newest('amazon:main'),
      AMAZON_ACCESS_TOKEN_EXPIRES_AT: iso,
    })
  })

  test('of several of one marketplace each has its own name, or the one that is said', async () => {
    expect(
      await environment(['ebay:main', 'ebay:client-7', 'amazon', '--env', 'S_1=amazon:main'], {
        EBAY_ACCESS_TOKEN: 'of somebody else',
      }),
    ).toEqual({
      ...inherited(),
      EBAY_MAIN_ACCESS_TOKEN: newest('ebay:main'),
      EBAY_MAIN_ACCESS_TOKEN_EXPIRES_AT: iso,
      EBAY_CLIENT_7_ACCESS_TOKEN: newest('ebay:client-7'),
      EBAY_CLIENT_7_ACCESS_TOKEN_EXPIRES_AT: iso,
      S_1: newest('amazon:main'),
      S_1_EXPIRES_AT: iso,
    })
  })
})

test('standard input and output are the command’s, and its words arrive as they are', async () => {
  const words = ['$(id)', '; exit 9', '*', '--json', '--', "a'b", 'a\nb', '']
  const script =
    'process.stdin.pipe(process.stdout); process.stderr.write(JSON.stringify(process.argv.slice(1)))'
  const input = Buffer.alloc(300_000, 'input ')
  const { status, stdout, stderr } = await run(['ebay:main', '--', NODE, '-e', script, '--', ...words], {
    input,
  })
  expect([status, JSON.parse(stderr)]).toEqual([0, words])
  expect(stdout).toBe(input.toString())
})

describe('the end is the command’s', () => {
  test.each([0, 1, 3, 42, 130, 255])('status %i', async status => {
    const ended = await run(['ebay:main', '--', 'sh', '-c', `echo out; echo err >&2; exit ${status}`])
    expect(ended).toEqual({ status, signal: null, stdout: 'out\n', stderr: 'err\n' })
  })

  test.each(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGHUP', 'SIGPIPE', 'SIGUSR1'] as const)('%s', async signal => {
    const ended = await run(['ebay:main', '--', 'sh', '-c', `kill -${signal.slice(3)} $$`])
    expect(ended).toEqual({ status: null, signal, stdout: '', stderr: '' })
  })

  test.each([
    ['SIGQUIT', 131],
    ['SIGSEGV', 139],
    ['SIGABRT', 134],
  ])('%s, by its status: tokenctl leaves no core file', async (signal, status) => {
    const ended = await run(['ebay:main', '--', 'sh', '-c', `ulimit -c 0; kill -${signal.slice(3)} $$`])
    expect(ended).toMatchObject({ status, signal: null })
  })

  test.each([
    ['no-such-program', 127],
    ['/nonexistent/program', 127],
    ['/etc/passwd', 126],
    ['/usr', 126],
    ['', 127],
  ])('%j cannot be started: %i', async (program, status) => {
    const ended = await run(['ebay:main', '--', program])
    expect(ended).toMatchObject({ status, stdout: '' })
    expect(ended.stderr).toMatch(/^Error: The command ".*" could not be started: .*\.\n$/)
  })
})

test.each<[readonly string[], number, string]>([
  [['aliexpress'], 3, 'GRANT_REJECTED'],
  [['ebay:main', 'aliexpress'], 3, 'GRANT_REJECTED'],
  [['ebay'], 2, 'USAGE'],
  [['ebay:main', '--min-valid', '3h'], 2, 'USAGE'],
  [['ebay:main', '--env', 'PATH=amazon'], 2, 'USAGE'],
  [['ebay:main', '--env', 'NODE_OPTIONS=amazon'], 2, 'USAGE'],
  [['ebay:main', '--env', 'A=amazon', '--env', 'A=ebay:main'], 2, 'USAGE'],
  [['nix'], 2, 'MARKETPLACE_UNKNOWN'],
  [[], 2, 'USAGE'],
])('without a token nothing is started: exec %j: %i', async (args, status, code) => {
  const { stdout, stderr, ...end } = await run([...args, '--', 'echo', 'started'])
  expect({ ...end, stdout }).toEqual({ status, signal: null, stdout: '' })
  expect(stderr).toContain(`[${code}]`)
})

test.each([[['ebay:main', 'echo']], [['ebay:main', '--']], [['ebay:main']]])(
  'without a command: exec %j',
  async args => {
    expect(await run(args)).toMatchObject({ status: 2, stdout: '' })
  },
)

/** Tells each signal that reaches it, and ends with 9 by SIGTERM. Any line on its standard input ends it with 5. */
const LISTENER = `
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'])
    process.on(name, () => console.log(name))
  process.on('SIGTERM', () => process.exit(9))
  process.stdin.once('data', () => process.exit(5))
  console.log('up ' + process.pid)
`

/** A command that is up, and its lines. */
async function up(child: ChildProcessWithoutNullStreams) {
  onTestFinished(() => void child.kill('SIGKILL'))
  const end = once(child, 'close')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  const pid = Number(/^up (\d+)$/.exec((await next()) ?? '')?.[1])
  expect(pid).toBeGreaterThan(1)
  return { pid, next, end }
}

const LISTENING = ['exec', 'ebay:main', '--', NODE, '-e', LISTENER]

describe('signals', () => {
  test('reach the command, whose status is the end', async () => {
    const child = startTokenctl(LISTENING, { home })
    const { next, end } = await up(child)
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const) {
      child.kill(signal)
      expect(await next()).toBe(signal)
    }
    child.kill('SIGTERM')
    expect(await end).toEqual([9, null])
  })

  test('an interrupt that comes from no terminal does too', async () => {
    const env = environmentOf({ home })
    // A session of its own has no terminal.
    const child = spawn(NODE, [BIN, ...LISTENING], { env, detached: true })
    const { next, end } = await up(child)
    child.kill('SIGINT')
    expect(await next()).toBe('SIGINT')
    child.stdin.write('end\n')
    expect(await end).toEqual([5, null])
  })

  test('Ctrl-C at a terminal reaches it once, and tokenctl waits for what it does', async context => {
    context.skip(tmuxMissing() !== undefined, 'tmux is not installed')
    const screen = inTerminal(LISTENING, { home })
    try {
      await screen.shows(/^up \d+$/m)
      screen.press('C-c')
      await screen.shows(/SIGINT/)
      screen.press('C-\\')
      await screen.shows(/SIGQUIT/)
      // One that was sent twice would have come again by now.
      screen.press('x', 'Enter')
      expect(await screen.ended()).toBe(5)
      expect(screen.screen().match(/SIGINT|SIGQUIT/g)).toEqual(['SIGINT', 'SIGQUIT'])
    } finally {
      screen.close()
    }
  })
})

describe.runIf(process.platform === 'linux')('while the command runs', () => {
  test('its token is in its own environment, and nowhere else', async () => {
    const child = startTokenctl(LISTENING, { home })
    const { pid, end } = await up(child)
    const err: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const token = newest('ebay:main')
    expect(environ(pid)).toContain(`EBAY_ACCESS_TOKEN=${token}`)
    expect(environ(child.pid)).not.toContain(token)
    expect(commandLines()).toContain('console.log(name)')
    expect(commandLines()).not.toContain(token)
    for (const path of entries(home).filter(each => statSync(each).isFile()))
      expect({ path, found: readFileSync(path).includes(token) }).toEqual({ path, found: false })
    const history = await tokenctl(['history', '--json'], { home })
    expect(history.stdout).toContain('"ebay:main"')
    expect(history.stdout).not.toContain(token)
    child.kill('SIGTERM')
    expect(await end).toEqual([9, null])
    expect(Buffer.concat(err).toString()).toBe('')
  })

  const at = (of: number | undefined, fd: string) => {
    try {
      return readlinkSync(`/proc/${of}/fd/${fd}`)
    } catch {
      // It was closed meanwhile.
      return ''
    }
  }
  const childrenOf = (pid: number | undefined) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()

  test('nothing of the vault is held: no file, no lock', async () => {
    const child = startTokenctl(LISTENING, { home })
    const { pid, end } = await up(child)
    for (const each of [pid, child.pid]) {
      const held = readdirSync(`/proc/${each}/fd`).map(fd => at(each, fd))
      expect(held.filter(path => path.startsWith(home))).toEqual([])
    }
    for (const fd of ['0', '1', '2']) expect(at(pid, fd)).toBe(at(child.pid, fd))
    expect(childrenOf(child.pid)).toBe(String(pid))
    expect((await tokenctl(['renew', 'ebay:main'], { home })).status).toBe(0)
    child.kill('SIGTERM')
    expect(await end).toEqual([9, null])
  })

  const missing = keyringMissing()
  test.skipIf(missing !== undefined)(
    `nor is a keychain's helper, which tells no secret while it is there (${missing ?? 'gnome-keyring'})`,
    async () => {
      const keyring = await startKeyring('unlocked')
      onTestFinished(() => keyring.stop())
      const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] }
      const other = temporaryHome()
      onTestFinished(() => removeUserLocks(other))
      const { simulator: slow, letGo } = await heldSimulator([shop('ebay:main', 20, 547)])
      writeSettings(other, { store: 'keychain', ...endpoints(slow.origin) })
      const document = slow.importDocument()
      const input = JSON.stringify(document)
      expect((await tokenctl(['import'], { home: other, env, input })).status).toBe(0)
      slow.fault('ebay', 'slow')
      const child = startTokenctl(LISTENING, { home: other, env })
      await expect.poll(() => slow.requests().length, { timeout: 15_000 }).toBe(1)
      // Until the answer is stored the helper is there, and has handled every secret that there is.
      const helper = childrenOf(child.pid)
      expect(helper).toMatch(/^\d+$/)
      const said = [commandLines(), environ(helper), environ(child.pid)]
      for (const each of said.slice(1)) expect(each).toContain('DBUS_SESSION_BUS_ADDRESS')
      const keys = document.apps.flatMap(app => app.keys['clientSecret'] ?? [])
      const stored = document.accounts.flatMap(({ refreshToken }) => refreshToken ?? [])
      expect(stored.length + keys.length).toBeGreaterThan(1)
      for (const secret of [newestToken(slow, 'ebay:main'), ...stored, ...keys])
        expect(said.join('\n')).not.toContain(secret)
      letGo()
      const { pid, end } = await up(child)
      expect(childrenOf(child.pid)).toBe(String(pid))
      child.kill('SIGTERM')
      expect(await end).toEqual([9, null])
    },
  )
})

test('a stop before the command begins: what was issued is stored, and nothing is started', async () => {
  const { simulator: slow, letGo } = await heldSimulator([shop('ebay:main', 20, 547)])
  const other = await connectedHome(slow)
  slow.fault('ebay', 'slow')
  const child = startTokenctl(['exec', 'ebay:main', '--', 'echo', 'started'], { home: other })
  const end = ended(child)
  await expect.poll(() => slow.requests().length, { timeout: 15_000 }).toBe(1)
  child.kill('SIGTERM')
  await once(child.stderr, 'data')
  letGo()
  const { status, stdout, stderr } = await end
  expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
  expect(stderr).toContain('Stopped before the command began. [CANCELLED]')
  const again = await tokenctl(['exec', 'ebay:main', '--', 'echo', 'started'], { home: other })
  expect(again).toMatchObject({ status: 0, stdout: 'started\n' })
  expect(slow.requests()).toHaveLength(1)
})
