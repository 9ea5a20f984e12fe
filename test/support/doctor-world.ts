/**
 * A home that `doctor` has nothing to say about, and a real world over it in which a test breaks one thing: the files,
 * locks and stores are the real ones; the clock stands, the marketplaces are a function, native code is said to load.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorOptions } from '../../src/cli/commands/doctor.ts'
import { doctorRun } from '../../src/cli/commands/doctor.ts'
import type { SeeSchedules } from '../../src/cli/doctor/schedule-checks.ts'
import { type DoctorReport, doctorSchema, type Finding } from '../../src/cli/shapes/doctor-shape.ts'
import { createWorld, type World } from '../../src/cli/world.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'
import type { Machine } from '../../src/platform/machine.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import type { TokenSet } from '../../src/tokens/token-set.ts'
import type { StartHelper } from '../../src/vault/keychain-items.ts'
import type { VaultDoorOptions } from '../../src/vault/open.ts'
import { VaultDoor } from '../../src/vault/open.ts'
import { screen, type TestScreen } from '../cli/render/screen.ts'
import { tokenSet } from './accounts.ts'
import { fakeClock } from './clock.ts'
import { temporaryHome } from './temporary-home.ts'

/** 22 Nov 2026, ten in the morning. */
export const NOW = Date.UTC(2026, 10, 22, 10)

/** A token that must show nowhere. */
export const CANARY = 'v^1.1#CNRY-refresh-5f2d1c9a7b3e4680'

/** The schedulers of whoever runs the tests are nobody's business. */
export const NOBODY_KNOWS: SeeSchedules = async () => undefined

/** A lock that another holds is waited for this long, in place of seconds. */
const LOCK_MS = 30

/** What the marketplaces answer: not to a GET, and at the right time. */
export const refusing = async (): Promise<HttpResponse> => ({
  status: 405,
  headers: { date: new Date(NOW).toUTCString() },
  body: '',
})

const LOADS = ['@napi-rs/keyring', 'fs-native-extensions'].map(name => ({
  name,
  path: `/opt/${name}.node`,
  sha256: 'ab'.repeat(32),
  why: null,
}))

export interface DoctorWorldOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly http?: ((request: HttpRequest) => Promise<HttpResponse>) | 'real'
  readonly machine?: Partial<Machine>
  readonly startHelper?: StartHelper
}

/** A world over a home. `env` is added to nothing but TOKENCTL_HOME. */
export function doctorWorld(home: string, options: DoctorWorldOptions = {}): World {
  const env = { TOKENCTL_HOME: home, ...options.env }
  const terminal = screen('pipe')
  const none = async () => {
    throw new Error('no line is run here')
  }
  const real = createWorld({ env } as unknown as NodeJS.Process, terminal, none, '/nonexistent')
  const { http = refusing } = options
  const startHelper: StartHelper =
    options.startHelper ??
    (() => {
      throw new Error('no keychain in this test')
    })
  return Object.assign(Object.create(real) as World, {
    clock: fakeClock(NOW),
    http: http === 'real' ? () => real.http() : async () => ({ send: http }),
    machine: async () => ({
      ...(await real.machine()),
      nativeModules: async () => LOADS,
      ...options.machine,
    }),
    vaultParts: async (by: string): Promise<VaultDoorOptions> => {
      const parts = await real.vaultParts(by, { lockMs: LOCK_MS })
      // A keychain's locks would be in the folder of whoever runs the tests.
      return { ...parts, startHelper, userLocks: () => parts.locks }
    },
    close: () => real.close(),
  })
}

export interface Diagnosis {
  readonly exit: number
  readonly report: DoctorReport
  /** What is not as it should be. */
  readonly wrong: readonly Finding[]
  readonly text: string
}

/** Runs `doctor --json` and checks its shape. */
export async function diagnose(
  home: string,
  options: DoctorWorldOptions & DoctorOptions & { readonly see?: SeeSchedules } = {},
): Promise<Diagnosis> {
  const world = doctorWorld(home, options)
  const { scheduled, offline, fix } = options
  const given = { ...(scheduled && { scheduled }), ...(offline && { offline }), ...(fix && { fix }) }
  const exit = await doctorRun({ json: true, ...given }, world, options.see ?? NOBODY_KNOWS)
  await world.close()
  const text = (world.terminal as TestScreen).shown.out
  const report = doctorSchema.parse(JSON.parse(text))
  const wrong = report.findings.filter(({ state }) => state === 'warning' || state === 'problem')
  return { exit, report, wrong, text }
}

/** An account of which nothing is to be said. */
export function fineAccount(account: string, change: Partial<TokenSet['header']> = {}): TokenSet {
  return tokenSet(
    { account, consentAt: NOW - 10 * DAY, renewedAt: NOW - 10 * DAY, endsAt: NOW + 300 * DAY, ...change },
    { refreshToken: new Secret(CANARY) },
  )
}

/** Settings of a home. */
export function setSettings(home: string, settings: Readonly<Record<string, string>>): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  writeFileSync(join(home, 'config.json'), JSON.stringify(settings), { mode: 0o600 })
}

/** A home with these accounts and one app, in the file store unless the settings say otherwise. */
export async function soundHome(
  options: {
    readonly accounts?: readonly TokenSet[]
    readonly settings?: Readonly<Record<string, string>>
    readonly secretIssuedAt?: number
    /** One that is there already; left out, the test's own. */
    readonly home?: string
  } & Pick<DoctorWorldOptions, 'env' | 'startHelper'> = {},
): Promise<string> {
  const { home = temporaryHome() } = options
  const { accounts = ['ebay:main', 'aliexpress:main'].map(name => fineAccount(name)), secretIssuedAt } =
    options
  setSettings(home, { store: 'file', ...options.settings })
  const world = doctorWorld(home, options)
  const door = new VaultDoor(await world.vaultParts('test', { lockMs: LOCK_MS }))
  const vault = await door.write()
  for (const account of accounts) await vault.saveAccount(account, null)
  await vault.saveApp(
    {
      header: {
        marketplace: 'amazon',
        name: 'default',
        environment: 'production',
        secretIssuedAt: secretIssuedAt ?? NOW - DAY,
        isPublic: true,
        previousEndsAt: null,
      },
      keys: { clientId: new Secret('id'), clientSecret: new Secret('CNRY-client-0d9c8b7a') },
      previous: null,
    },
    null,
  )
  await door.close()
  await world.close()
  return home
}
