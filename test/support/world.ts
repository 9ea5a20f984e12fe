/**
 * A world for tests of commands: a vault in memory, a clock that stands, a screen that remembers, and a person whose
 * answers are given beforehand. What a test does not give must not be touched.
 */
import { expect } from 'vitest'
import type { World } from '../../src/cli/world.ts'
import { NONE_OF_ONES_OWN } from '../../src/marketplaces/ids.ts'
import type { DailyCounts } from '../../src/platform/daily-counts.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createGivenFiles } from '../../src/platform/given-file.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'
import type { Programs } from '../../src/platform/run-program.ts'
import type { ScheduleHost } from '../../src/platform/schedule-host.ts'
import type { HistoryEvent } from '../../src/renewal/ports.ts'
import { Settings } from '../../src/settings.ts'
import type { TokenSet } from '../../src/tokens/token-set.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import type { OpenedVault, VaultDoor } from '../../src/vault/open.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { screen, type TestScreen } from '../cli/render/screen.ts'
import { type FakeClock, fakeClock } from './clock.ts'

/** 22 Nov 2026, ten in the morning. */
export const NOW = Date.UTC(2026, 10, 22, 10)

export interface TestWorld extends World {
  readonly terminal: TestScreen
  readonly vault: Vault
  /** What the history was told. */
  readonly noted: readonly HistoryEvent[]
  /** Every question that was put to the person. */
  readonly asked: readonly string[]
}

export interface TestWorldOptions {
  readonly settings?: Readonly<Record<string, string>>
  readonly accounts?: readonly TokenSet[]
  /** In the place of an empty one in memory. */
  readonly store?: SecretStore
  readonly clock?: FakeClock
  /** Where notes are kept, which are noted nowhere without it. */
  readonly home?: string
  /** What the person answers, in order. Without any, nobody is there. */
  readonly answers?: readonly unknown[]
  readonly stdin?: string | Uint8Array
  readonly http?: (request: HttpRequest) => Promise<HttpResponse>
  /** What was counted today; nothing without. */
  readonly dailyCounts?: DailyCounts
  /** Aborted when the person has stopped the run. */
  readonly signal?: AbortSignal
  readonly terminal?: TestScreen
  /** The machine that schedules are made on. */
  readonly scheduleHost?: ScheduleHost
  readonly env?: Readonly<Record<string, string>>
  /** What runs a person's programs. */
  readonly programs?: Programs
  /** What `hooks.json` holds. */
  readonly hooks?: string
  /** The lines of the history that is there. */
  readonly historyLines?: readonly string[]
}

/** A world with these accounts. */
export async function testWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const settings = new Settings(options.settings ?? {})
  const vault = new Vault(options.store ?? createMemoryStore())
  for (const account of options.accounts ?? []) await vault.saveAccount(account, null)
  const answers = [...(options.answers ?? [])]
  const asked: string[] = []
  const noted: HistoryEvent[] = []
  const answer = async (question: string) => {
    asked.push(question)
    if (answers.length === 0) expect.unreachable(`nobody answers: ${question}`)
    return answers.shift() as never
  }
  const terminal = options.terminal ?? screen(answers.length > 0 ? 80 : 'pipe')
  const clock = options.clock ?? fakeClock(NOW)
  const { home = '/nonexistent' } = options
  const opened: OpenedVault = { state: 'open', vault }
  const door = {
    read: async () => opened,
    write: async () => vault,
    warnings: () => [],
    lastOpened: () => undefined,
  } as unknown as VaultDoor
  const parts = {
    vault,
    asked,
    noted,
    history: {
      note: (event: HistoryEvent) => void noted.push(event),
      lines: async () => options.historyLines ?? [],
    },
    clock,
    random: () => 0,
    run: '0000abcd',
    ownMarketplaces: NONE_OF_ONES_OWN,
    hookText: () => options.hooks,
    dailyCounts: options.dailyCounts ?? { count: () => 0, add: () => {} },
    terminal: {
      ...terminal,
      readStdin: async () => Buffer.from(options.stdin ?? '').toString('utf8'),
      readStdinBytes: async () => Buffer.from(options.stdin ?? ''),
    },
    settings: () => settings,
    prompt: async () => ({ secret: answer, text: answer, confirm: answer, choose: answer, pick: answer }),
    http: async () => ({ send: options.http ?? (() => expect.unreachable('nobody is asked')) }),
    openVault: async () => door,
    locks: { hold: (_: string, work: () => Promise<unknown>) => work() },
    // Without a home there is no state folder: what is noted there is noted nowhere.
    folders: { settings: home, state: `${home}/state` },
    files: createNodeFiles(),
    givenFiles: async () => createGivenFiles(process.platform),
    signal: options.signal ?? new AbortController().signal,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.programs === undefined ? {} : { programs: async () => options.programs }),
    ...(options.scheduleHost === undefined ? {} : { scheduleHost: async () => options.scheduleHost }),
  }
  return new Proxy(parts, {
    get: (target, name) => {
      if (name in target) return target[name as keyof typeof target]
      // `await` asks every value whether it is a promise.
      return name === 'then' ? undefined : expect.unreachable(`world.${String(name)}`)
    },
  }) as unknown as TestWorld
}
