/**
 * A real Secret Service for a test: a private session bus with gnome-keyring on it, in a throw-away home. Where the
 * programs are missing the tests are skipped and say so; in CI they must be there.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon']

/** Why there can be no real keyring here; undefined where there can. @throws in CI, where one must be. */
export function keyringMissing(): string | undefined {
  const missing = PROGRAMS.filter(name => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  if (missing.length === 0) return undefined
  const reason = `not installed: ${missing.join(', ')}`
  if (process.env['CI'] === 'true') throw new Error(`The keyring tests must run in CI, and ${reason}.`)
  return reason
}

export interface Keyring {
  /** The environment that leads to it. */
  readonly env: Readonly<Record<string, string>>
  readonly home: string
  /** The keyring daemon; undefined where there is none. */
  readonly daemon: ChildProcess | undefined
  /** Ends the daemon and starts it again, with the keyring locked. */
  lockAgain(): Promise<void>
  stop(): Promise<void>
}

const PASSWORD = 'test'

/**
 * Starts a bus, and a keyring on it: `unlocked`; `fresh`, with no keyring in it yet; or `none`, a bus on which nothing
 * provides the service. `uid` runs the bus as another user, where this one may do that. `keyrings` is a copy of another
 * keyring's `data` to begin with.
 */
export async function startKeyring(
  kind: 'unlocked' | 'fresh' | 'none',
  options: { readonly uid?: number; readonly keyrings?: string } = {},
): Promise<Keyring> {
  const home = mkdtempSync(join(tmpdir(), 'tokenctl-keyring-'))
  const runtime = join(home, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  // No folder of services: nothing is started by the bus that this test did not start. The limits are those of a desktop's
  // session: an item that is opened keeps a connection.
  const config = join(home, 'bus.conf')
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${runtime}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
<limit name="max_completed_connections">100000</limit><limit name="max_connections_per_user">100000</limit></busconfig>`,
  )
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(home, 'data'),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus`,
  }
  const { uid, keyrings } = options
  if (keyrings !== undefined) cpSync(keyrings, env.XDG_DATA_HOME, { recursive: true })
  if (uid !== undefined) for (const path of [home, runtime, config]) chownSync(path, uid, uid)
  const bus = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(uid === undefined ? {} : { uid }),
  })
  await once(bus.stdout, 'data')
  let daemon =
    kind === 'none' ? undefined : await startDaemon(env, kind === 'unlocked' ? PASSWORD : undefined)
  return {
    env,
    home,
    get daemon() {
      return daemon
    },
    lockAgain: async () => {
      if (daemon !== undefined) await end(daemon)
      daemon = await startDaemon(env, undefined)
    },
    stop: async () => {
      if (daemon !== undefined) await end(daemon)
      await end(bus)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function startDaemon(env: Record<string, string>, password: string | undefined): Promise<ChildProcess> {
  const how = password === undefined ? '--start' : '--unlock'
  const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', how], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  daemon.stdin?.end(password ?? '')
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus']
  const hasOwner = [...question, 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets']
  // Each question is a process of its own, which is wait enough.
  for (let turn = 0; turn < 1000; turn++) {
    if (/boolean true/.test(spawnSync('dbus-send', hasOwner, { env, encoding: 'utf8' }).stdout)) return daemon
    await new Promise(resolve => setImmediate(resolve))
    if (daemon.exitCode !== null) break
  }
  await end(daemon)
  throw new Error('gnome-keyring-daemon did not come up')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
