/**
 * Output that cannot arrive: a disk that fills up in the middle of it, a descriptor that is closed, a reader that leaves or
 * does not read. What arrived cut is never a success, what a reader left is none's fault, and nobody waits in a circle.
 */
import { spawn, spawnSync } from 'node:child_process'
import fs, { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES, systemCode } from '../../src/errors.ts'
import { mountSmallDisk, type SmallDisk } from '../proof/small-disk.ts'
import { connect, connectedHome, shop, simulated, writeSettings } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, tokenctl } from '../support/tokenctl.ts'

const { path: home, remove } = makeHome()
const HOUR_MS = 3_600_000
const after = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString()
const DISK_BYTES = 1024 * 1024
const WRITE_FAILED = ERROR_CODES.WRITE_FAILED.exit
const recipient = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'

beforeAll(async () => {
  writeSettings(home, { store: 'file' })
  const accounts = Array.from({ length: 1000 }, (_, index) => ({
    account: `ebay:shop-${index}`,
    app: 'default',
    refreshToken: `v^1.1#made-up-${index}`,
    consentAt: after(-48),
    renewedAt: after(-1),
    accessToken: `v^1.1#made-up-too-${index}`,
    accessExpiresAt: after(2),
  }))
  const apps = [{ marketplace: 'ebay', keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' } }]
  const run = await tokenctl(['import'], { home, input: JSON.stringify({ version: 1, apps, accounts }) })
  expect(run.status, run.stderr).toBe(0)
}, 60_000)
afterAll(remove)

/** The program with its standard output in a file, and how it ended. */
async function into(path: string, args: readonly string[], shell = 'exec "$0" "$@" >"$OUT"') {
  const env = { ...environmentOf({ home }), OUT: path }
  return await ended(spawn('sh', ['-c', shell, NODE, BIN, ...args], { env }))
}

const VIEWS: readonly (readonly string[])[] = [
  ['status'],
  ['status', '--json'],
  ['status', '--plain'],
  ['status', '--format', 'jsonl'],
  ['accounts', 'list', '--json'],
  ['history', '--json'],
]
const CALLED_FOR: readonly (readonly [readonly string[], string])[] = [
  [['export', '--to', recipient], 'No copy was made'],
  [['token', 'ebay:shop-1'], 'The token did not arrive'],
]

function smallDisk(): SmallDisk | undefined {
  const disk = mountSmallDisk()
  if (disk !== undefined) onTestFinished(() => disk.unmount())
  return disk
}

/** Fills a disk but for so many bytes, in whole pages. */
function leave(disk: SmallDisk, bytes: number): void {
  disk.fill()
  truncateSync(join(disk.folder, 'filler'), DISK_BYTES - 4096 * Math.floor(bytes / 4096))
}

describe('a disk that fills up in the middle of it', () => {
  const expectTold = ({ status, stderr }: Awaited<ReturnType<typeof into>>, words: string) => {
    expect(stderr).toMatch(
      new RegExp(`^Error: ${words}.* \\((ENOSPC|EFBIG)\\)\\. \\[WRITE_FAILED\\]\\nFix: .*\\n$`),
    )
    expect(status).toBe(WRITE_FAILED)
  }

  test.each([...VIEWS.map(args => [args, 'The output could not be written'] as const), ...CALLED_FOR])(
    '%j: 5, and why, however much of it arrived',
    async (args, words) => {
      const whole = join(temporaryHome(), 'whole')
      expect((await into(whole, args)).status).toBe(0)
      const { size } = statSync(whole)
      // Where nobody may mount a disk, a limit on the size of a file stands for it: it is met in the middle, too.
      const disk = smallDisk()
      for (const room of [0, size / 2]) {
        if (disk !== undefined) leave(disk, room)
        const out = join(disk?.folder ?? temporaryHome(), `out-${room}`)
        const limited = `trap "" XFSZ; ulimit -f ${Math.floor(room / 512)}; exec "$0" "$@" >"$OUT"`
        expectTold(await (disk === undefined ? into(out, args, limited) : into(out, args)), words)
        expect(statSync(out).size).toBeLessThan(size)
        disk?.empty()
      }
      if (disk === undefined) return
      const there = join(disk.folder, 'there')
      if (size < DISK_BYTES / 2) expect((await into(there, args)).status).toBe(0)
    },
  )

  test('standard error on the same disk: the status is all that is left, and is right', async () => {
    const shell = 'exec "$0" "$@" >/dev/full 2>/dev/full'
    expect((await into('', ['status', '--json'], shell)).status).toBe(WRITE_FAILED)
  })

  test.each([
    [['renew', 'ebay:none', '--json'], ERROR_CODES.ACCOUNT_UNKNOWN.exit],
    [['status', '--nothing', '--json'], ERROR_CODES.USAGE.exit],
  ] as const)('%j, which fails anyway: its own status, and the lost text is told', async (args, exit) => {
    const { status, stderr } = await into('/dev/full', args)
    expect(status).toBe(exit)
    expect(stderr).toMatch(/^Error: The output could not be written \(ENOSPC\)\. \[WRITE_FAILED\]\n/)
  })

  test('what was not delivered is told once', async () => {
    const { stderr } = await into('/dev/full', ['token', 'ebay:shop-1'])
    expect(stderr.match(/WRITE_FAILED/g)).toHaveLength(1)
  })
})

test('the folder of the records is on a full disk: nobody is asked, 5; with room again it is renewed', async ({
  skip,
}) => {
  const disk = smallDisk()
  if (disk === undefined) return skip('this user may mount no disk')
  const simulator = await simulated([shop('ebay:main', 30, 547), shop('aliexpress:main', 5, 60)])
  const there = join(disk.folder, 'home')
  await connect(there, simulator)
  disk.fill()
  for (const account of ['ebay:main', 'aliexpress:main']) {
    const { status, stdout } = await tokenctl(['renew', account], { home: there })
    expect({ status, stdout }).toEqual({
      status: WRITE_FAILED,
      stdout: expect.stringMatching(new RegExp(`^${account}: .*\\b(full|ENOSPC|space)\\b`)),
    })
  }
  expect(simulator.requests()).toEqual([])
  disk.empty()
  expect(await tokenctl(['renew', '--all'], { home: there })).toMatchObject({ status: 0 })
  expect(simulator.requests().map(({ outcome }) => outcome)).toEqual(['refreshed', 'refreshed'])
})

describe('descriptors that are closed', () => {
  test.each([
    ['status', '--json'],
    ['renew', '--all', '--due'],
    ['token', 'ebay:shop-1'],
  ])('standard input: %j is the same', async (...args) => {
    const one = await tokenctl(args, { home })
    const { signal: _, ...other } = await tokenctl(args, { home, stdin: 'closed' })
    expect(one).toMatchObject(args[0] === 'status' ? { status: other.status } : other)
    expect(other.status).toBe(0)
  })

  test('standard output: what is called for fails, what is done is done', async () => {
    expect((await into('', ['token', 'ebay:shop-1'], 'exec "$0" "$@" >&-')).status).toBe(WRITE_FAILED)
    const simulator = await simulated([shop('ebay:main', 30, 547)])
    const own = await connectedHome(simulator)
    const shell = 'TOKENCTL_HOME=$OUT; export TOKENCTL_HOME; exec "$0" "$@" >&- 2>&- <&-'
    expect(await into(own, ['renew', 'ebay:main'], shell)).toMatchObject({ status: 0 })
    expect(simulator.requests()).toHaveLength(1)
    expect((await tokenctl(['status', '--verify'], { home: own })).status).toBe(0)
  })
})

describe('a reader', () => {
  test.each(VIEWS.map(args => [args]))('that takes one line and leaves: %j', async args => {
    const run = await into('', args, '{ "$0" "$@"; echo $? >&2; } | head -1')
    expect(run.stderr).toBe('0\n')
    expect(run.stdout.split('\n')).toHaveLength(2)
  })

  test.runIf(process.platform === 'linux').each(['waits', 'does not wait'] as const)(
    'that begins late, over a pipe that %s: the program sleeps meanwhile, and all of it comes',
    async how => {
      const args = ['status', '--json']
      const whole = join(temporaryHome(), 'whole')
      await into(whole, args)
      const pipe = join(temporaryHome(), 'pipe')
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
      const reader = openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
      const flags = fs.constants.O_WRONLY | (how === 'waits' ? 0 : fs.constants.O_NONBLOCK)
      const writer = openSync(pipe, flags)
      const child = spawn(NODE, [BIN, ...args], {
        env: environmentOf({ home }),
        stdio: ['ignore', writer, 'ignore'],
      })
      closeSync(writer)
      await asleep(child.pid ?? 0)
      const got: Buffer[] = []
      const chunk = Buffer.alloc(65_536)
      for (let isOpen = true; isOpen; await new Promise(resolve => setImmediate(resolve))) {
        try {
          const length = fs.readSync(reader, chunk)
          got.push(Buffer.from(chunk.subarray(0, length)))
          isOpen = length > 0
        } catch (error) {
          if (systemCode(error) !== 'EAGAIN') throw error
        }
      }
      closeSync(reader)
      expect(
        await new Promise(resolve =>
          child.exitCode === null ? child.on('exit', resolve) : resolve(child.exitCode),
        ),
      ).toBe(0)
      const sans = (text: string) => text.replace(/"now": "[^"]*"/, '').replace(/"lastOpenedAt": [^,]*/, '')
      expect(sans(Buffer.concat(got).toString())).toBe(sans(readFileSync(whole, 'utf8')))
    },
  )
})

/** Waits until a process has slept for a while, using no processor time: one that tries again and again never does. */
async function asleep(pid: number): Promise<void> {
  let ticks = ''
  for (let seen = 0; seen < 5000; ) {
    await new Promise(resolve => setImmediate(resolve))
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // State, then the times in the program and in the kernel (proc(5)).
    const now = `${fields[11]} ${fields[12]}`
    seen = fields[0] === 'S' && now === ticks ? seen + 1 : 0
    ticks = now
  }
}
