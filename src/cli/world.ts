/**
 * Everything that the commands touch outside themselves, built once. The only file that chooses implementations.
 * What is heavy is a function here and imported when it is first called, so that help opens nothing.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { OwnMarketplaces } from '../marketplaces/ids.ts'
import { ownMarketplaces } from '../marketplaces/manifest/own.ts'
import type { Commands } from '../platform/child-command.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { createDailyCounts, type DailyCounts } from '../platform/daily-counts.ts'
import type { DesktopNotice, DesktopOptions } from '../platform/desktop-notice.ts'
import type { Locks } from '../platform/file-lock.ts'
import { createNodeFiles, type Files } from '../platform/files.ts'
import { type Folders, foldersOf, userLocksFolder } from '../platform/folders.ts'
import type { GivenFiles } from '../platform/given-file.ts'
import type { Http } from '../platform/http.ts'
import type { PoolHttp } from '../platform/http-pool.ts'
import { interruption } from '../platform/interrupt.ts'
import type { listenForRedirect } from '../platform/loopback.ts'
import type { LoopbackAnswer, LoopbackServer } from '../platform/loopback-server.ts'
import type { Machine } from '../platform/machine.ts'
import type { Prompt } from '../platform/prompt.ts'
import type { Programs } from '../platform/run-program.ts'
import type { ScheduleHost } from '../platform/schedule-host.ts'
import type { Mailer } from '../platform/smtp.ts'
import type { Terminal } from '../platform/terminal.ts'
import { parseSettings, type Settings, settingsPath } from '../settings.ts'
import type { VaultDoor, VaultDoorOptions } from '../vault/open.ts'
import type { ProcessStatus } from './exit.ts'
import { type DeferredHistory, deferHistory } from './noting/deferred-history.ts'
import type { HistoryFile, HistoryOptions } from './noting/history.ts'
import { unusable } from './rules.ts'
import { runId } from './run-id.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface World {
  readonly env: Env
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly terminal: Terminal
  readonly folders: Folders
  readonly files: Files
  readonly locks: Locks
  /** What this run is known by: 8 hex digits, as in the history. */
  readonly run: string
  /** What was done, written down; nothing is imported or opened before the first note. */
  readonly history: DeferredHistory
  /** What a vendor's daily quotas are counted by. */
  readonly dailyCounts: DailyCounts
  /** Read once; @throws {SETTINGS_INVALID}. */
  settings(): Settings
  /** The marketplaces that the person described beside the settings; nothing is read before one is wanted. */
  readonly ownMarketplaces: OwnMarketplaces
  /** What `hooks.json` holds; undefined where there is none. @throws {SETTINGS_INVALID} for one that is not private */
  hookText(): string | undefined
  /** Reads the settings anew at the next call, after one was changed. */
  forgetSettings(): void
  prompt(): Promise<Prompt>
  /** Speaks to marketplaces; with so many exchanges at once. */
  http(inFlight?: number): Promise<Http>
  /** Runs programs that the person named: hooks, notices, deliveries. */
  programs(): Promise<Programs>
  /** Runs the command of a line in this process's place. */
  commands(): Promise<Commands>
  /** Sends mail; its library is loaded with the first. */
  mailer(): Promise<Mailer>
  /** Shows a notice on the user's own screen. @throws {NOTICE_FAILED} where there is none, or not in time */
  showOnDesktop(notice: DesktopNotice, options: Omit<DesktopOptions, 'platform'>): Promise<void>
  /**
   * Replaces a file that is no secret by this text, whole or not at all.
   *
   * @throws {WRITE_FAILED}
   */
  publish(path: string, text: string): Promise<void>
  /** Files that a person names for one command. */
  givenFiles(): Promise<GivenFiles>
  /** Waits on a loopback address for the redirect that ends a consent. */
  readonly listenForRedirect: typeof listenForRedirect
  /** Answers who watches this run, on a loopback address such as `127.0.0.1:9464`. @throws {USAGE} for any other */
  serveLoopback(
    address: string,
    option: string,
    answer: (path: string) => LoopbackAnswer | undefined,
  ): Promise<LoopbackServer>
  /** Shows an address in the person's browser; false where there is none that could be opened from here. */
  openBrowser(url: string): Promise<boolean>
  /** The machine that a schedule is made on. */
  scheduleHost(): Promise<ScheduleHost>
  /** The door to the vault, one a run; `by` is the command, for the note on who opened records last. */
  openVault(by: string): Promise<Door>
  /** What that door is made of, for looking at its parts one by one. No lock among them is waited for longer than that. */
  vaultParts(by: string, waits: { readonly lockMs: number }): Promise<VaultDoorOptions>
  /** The machine that all this runs on, as `doctor` looks at it. */
  machine(): Promise<Machine>
  /** Aborts when the person, or the system, stops the program. */
  readonly signal: AbortSignal
  /** Runs one more command line with other environment variables and another terminal; for the demo's steps. */
  again(words: readonly string[], env: Env, terminal: Terminal): Promise<ProcessStatus>
  /** Lets go of what the run holds: the keychain's helper. */
  close(): Promise<void>
}

/** What a door can do, whatever it is made of. */
export type Door = { readonly [Method in keyof VaultDoor]: VaultDoor[Method] }

/** Runs one command line: `main`, handed in so that nothing here imports it back. */
export type RunLine = (
  words: readonly string[],
  terminal: Terminal,
  createWorld: () => Promise<World>,
) => Promise<ProcessStatus>

/** What all worlds of one process share. */
interface Shared {
  readonly signal: () => AbortSignal
  readonly runLine: RunLine
  /** The folder of the bundle, where the keychain's helper is. */
  readonly bundleFolder: string
}

/** From so many exchanges at once on, connections are worth keeping: loading what keeps them costs a start 20 ms. */
const POOLED_FROM = 16

/** The real world of a process. */
export function createWorld(
  proc: NodeJS.Process,
  terminal: Terminal,
  runLine: RunLine,
  bundleFolder: string,
): World {
  let signal: AbortSignal | undefined
  const listen = () => {
    signal ??= interruption(proc)
    return signal
  }
  return worldOf(proc.env, terminal, { signal: listen, runLine, bundleFolder })
}

/** What is put in the place of the machine's own. */
export interface OwnParts extends Partial<Omit<World, 'settings'>> {
  /** In the place of TOKENCTL_HOME. */
  readonly home?: string
  /** The text of a settings file. */
  readonly settingsText?: string
  /** Marketplaces beside those of manifests. */
  readonly marketplaces?: (others: OwnMarketplaces) => OwnMarketplaces
}

/** A world for the library: this machine's own, but for what its caller puts in the place of some of it. */
export function libraryWorld(
  env: Env = process.env,
  terminal: Terminal,
  bundleFolder: string,
  { home, ...own }: OwnParts,
): World {
  const surroundings = home === undefined ? env : { ...env, TOKENCTL_HOME: home }
  const runLine = () => Promise.reject(new TokenctlError('BUG', 'The library runs no command line.'))
  const signal = () => new AbortController().signal
  return worldOf(surroundings, terminal, { signal, runLine, bundleFolder }, own)
}

function worldOf(env: Env, terminal: Terminal, shared: Shared, own: OwnParts = {}): World {
  const { settingsText, marketplaces = others => others, ...parts } = own
  const folders = foldersOf(env)
  const files = createNodeFiles()
  let settings: Settings | undefined
  let door: Promise<VaultDoor> | undefined
  let command: string | undefined
  const runNumber = Math.random()
  let pool: PoolHttp | undefined
  const left: (Promise<VaultDoor> | undefined)[] = []
  const clock = own.clock ?? systemClock
  const world: World = {
    env,
    clock,
    random: Math.random,
    run: runId(() => runNumber),
    terminal,
    folders,
    files,
    locks: locksIn(() => join(folders.state, 'locks'), files),
    dailyCounts: createDailyCounts(join(folders.state, 'quotas'), files),
    history: deferHistory(
      () => openHistory(world, { random: () => runNumber, by: () => command ?? 'tokenctl' }),
      { clock, terminal },
    ),
    settings: () => {
      const path = settingsPath(folders)
      settings ??=
        settingsText === undefined
          ? parseSettings(files.readPlain(path) ?? '', path, world.ownMarketplaces)
          : parseSettings(settingsText, 'of this program', world.ownMarketplaces)
      return settings
    },
    ownMarketplaces: marketplaces(ownMarketplaces(folders.settings, files)),
    hookText: () => readHooks(join(folders.settings, 'hooks.json'), files),
    forgetSettings: () => {
      settings = undefined
      left.push(door)
      door = undefined
    },
    prompt: async () => (await import('../platform/prompt.ts')).createPrompt(() => process, terminal, env),
    http: async (inFlight = 1) => {
      if (inFlight < POOLED_FROM) return (await import('../platform/http.ts')).createHttp(env)
      pool ??= (await import('../platform/http-pool.ts')).createPoolHttp(env, { connections: inFlight })
      return pool
    },
    programs: async () => (await import('../platform/run-program.ts')).createPrograms(),
    commands: async () => (await import('../platform/child-command.ts')).createCommands(),
    mailer: async () => (await import('../platform/smtp.ts')).createMailer(),
    showOnDesktop: async (notice, options) => {
      const { showOnDesktop } = await import('../platform/desktop-notice.ts')
      await showOnDesktop(notice, await world.programs(), { ...options, platform: files.platform })
    },
    publish: async (path, text) => (await import('../platform/public-file.ts')).writePublicFile(path, text),
    givenFiles: async () => (await import('../platform/given-file.ts')).createGivenFiles(files.platform),
    listenForRedirect: async (...asked) =>
      (await import('../platform/loopback.ts')).listenForRedirect(...asked),
    serveLoopback: async (address, option, answer) => {
      const { loopbackListen, serveLoopback } = await import('../platform/loopback-server.ts')
      return serveLoopback(loopbackListen(address, option), answer)
    },
    openBrowser: async url => {
      const helper = join(shared.bundleFolder, 'browser-helper.cjs')
      return (await import('../platform/browser.ts')).openBrowser(url, { env, helper })
    },
    scheduleHost: async () => {
      const { systemEnvironment } = await import('./notices/passed-environment.ts')
      const { createScheduleHost } = await import('../platform/schedule-host.ts')
      return createScheduleHost(process, systemEnvironment(env), shared.bundleFolder)
    },
    openVault: by => {
      // The first is the command that was typed; what it calls in passing opens the same door.
      command ??= by
      door ??= openDoor(by, world, shared.bundleFolder)
      return door
    },
    vaultParts: async (by, { lockMs }) => {
      command ??= by
      return partsOf(by, world, shared.bundleFolder, lockMs)
    },
    machine: async () =>
      (await import('../platform/machine.ts')).createMachine(shared.bundleFolder, files, env),
    get signal() {
      return shared.signal()
    },
    again: (words, more, otherTerminal) =>
      shared.runLine(words, otherTerminal, async () => worldOf({ ...env, ...more }, otherTerminal, shared)),
    close: async () => {
      await world.history.settled()
      await pool?.close()
      // A door that could not be opened was reported where it was needed, and holds nothing.
      for (const each of [...left, door]) await (await each?.catch(() => undefined))?.close()
    },
    ...parts,
  }
  return world
}

/** The locks of a folder, which is asked for and made when the first is taken. `waitMs` undefined: as long as a renewal may take. */
function locksIn(folder: () => string, files: Files, waitMs?: number): Locks {
  return {
    hold: async (name, work, how) => {
      const { createLocks } = await import('../platform/file-lock.ts')
      const ensureFolder = (path: string) => files.ensurePrivateFolder(path)
      const options = { clock: systemClock, ensureFolder, ...(waitMs === undefined ? {} : { waitMs }) }
      return createLocks(folder(), options).hold(name, work, how)
    },
  }
}

/** Who can write this file can run programs as this user: it is held to what a key file is. */
function readHooks(path: string, files: Files): string | undefined {
  try {
    return files.readPrivate(path)?.toString('utf8')
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    throw new TokenctlError('SETTINGS_INVALID', error.message, { fix: error.fix, cause: error })
  }
}

async function openHistory({ folders, files }: World, options: HistoryOptions): Promise<HistoryFile> {
  const { createLineLog } = await import('../platform/line-log.ts')
  const { createHistory } = await import('./noting/history.ts')
  return createHistory(createLineLog(folders.state, 'history', files), options)
}

async function openDoor(by: string, world: World, bundleFolder: string): Promise<VaultDoor> {
  const { VaultDoor } = await import('../vault/open.ts')
  return new VaultDoor(partsOf(by, world, bundleFolder))
}

function partsOf(by: string, world: World, bundleFolder: string, lockMs?: number): VaultDoorOptions {
  const { env, files, clock, folders } = world
  const settings = world.settings()
  return {
    by,
    env,
    files,
    clock,
    stateDir: folders.state,
    defaultKeyFile: join(folders.settings, 'vault.key'),
    settings: {
      store: settings.get('store'),
      keySource: settings.get('key-source'),
      keyFile: settings.get('key-file'),
    },
    locks: lockMs === undefined ? world.locks : locksIn(() => join(folders.state, 'locks'), files, lockMs),
    userLocks: id => locksIn(() => join(userLocksFolder(files.platform), id), files, lockMs),
    startHelper: async helperEnv => {
      const { startLineProcess } = await import('../platform/line-process.ts')
      const helper = join(bundleFolder, 'keychain-helper.cjs')
      return startLineProcess({ command: process.execPath, args: [helper], env: helperEnv })
    },
    postgres: {
      sleep: systemClock.sleep,
      address: async () => {
        const { addressOf } = await import('../vault/postgres/address.ts')
        const { homedir, userInfo } = await import('node:os')
        const chosen = {
          service: settings.get('postgres-service'),
          urlFile: settings.get('postgres-url-file'),
        }
        const userName = () => userInfo().username
        const { platform } = files
        return addressOf({ env, files, settings: chosen, platform, homeDir: homedir(), userName })
      },
    },
    refuses: unusable(world.settings),
    askPassphrase: async request => {
      const { askPassphrase } = await import('./passphrase.ts')
      return askPassphrase(request, world)
    },
  }
}
