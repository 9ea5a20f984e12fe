/**
 * A world for tests of notices: a clock that is moved by hand, a state folder on the disk, programs that are recorded in
 * place of being run, and a listing that the test writes.
 */
import { join } from 'node:path'
import type { NoticeMessage } from '../../src/cli/shapes/notice-shape.ts'
import type { World } from '../../src/cli/world.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import type { ProgramCall, ProgramEnd } from '../../src/platform/run-program.ts'
import { Settings } from '../../src/settings.ts'
import type { ChannelHeader } from '../../src/vault/channel-header.ts'
import type { Listing } from '../../src/vault/listings.ts'
import type { Vault } from '../../src/vault/vault.ts'
import { screen } from '../cli/render/screen.ts'
import { type FakeClock, fakeClock } from './clock.ts'
import { temporaryHome } from './temporary-home.ts'

/** What a channel's program was given. */
export interface Told {
  readonly channel: string
  readonly at: number
  readonly message: NoticeMessage
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface NoticeWorld {
  readonly world: World
  readonly clock: FakeClock
  readonly home: string
  /** What was taken, in order. */
  readonly told: Told[]
  /** Every call, taken or not, by the channel's name. */
  readonly calls: string[]
  /** What was written on standard error. */
  err(): string
}

export const FINE: ProgramEnd = { how: 'ended', status: 0, signal: null, output: '' }

/** A world whose programs end as `ends` says, given the channel and how often it was called before. */
export function noticeWorld(
  start: string | number,
  ends: (channel: string, before: number) => ProgramEnd = () => FINE,
  more: Partial<World> = {},
): NoticeWorld {
  const home = temporaryHome()
  const clock = fakeClock(start)
  const told: Told[] = []
  const calls: string[] = []
  const terminal = screen('pipe')
  const run = async ({ command, input = '', env }: ProgramCall) => {
    const channel = command[1] ?? ''
    const end = ends(channel, calls.filter(name => name === channel).length)
    calls.push(channel)
    if (end.how === 'ended' && end.status === 0)
      told.push({ channel, at: clock.now(), message: JSON.parse(input === '' ? '{}' : input), env })
    return end
  }
  const settings = new Settings({})
  const world = {
    clock,
    env: { PATH: '/usr/bin' },
    run: '0000abcd',
    files: createNodeFiles(),
    folders: { settings: home, state: join(home, 'state') },
    locks: { hold: (_: string, work: () => Promise<unknown>) => work() },
    settings: () => settings,
    programs: async () => ({ problem: () => undefined, run }),
    terminal,
    signal: new AbortController().signal,
    hookText: () => undefined,
    ...more,
  } as unknown as World
  return { world, clock, home, told, calls, err: () => terminal.shown.err }
}

/** A channel whose program is told its own name. */
export function programChannel(name: string): ChannelHeader {
  return { name, addedAt: 0, way: { kind: 'command', command: ['/bin/true', name] } }
}

/** A vault that lists this. */
export function vaultListing(listing: () => Partial<Listing>): Vault {
  const all = async () => ({ accounts: [], apps: [], channels: [], unreadable: [], ...listing() })
  return { listing: all } as unknown as Vault
}
