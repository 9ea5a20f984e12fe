/** `tokenctl notices`: where notices go, and whether they arrive. Addresses and passwords are secrets, and never shown. */
import { TokenctlError } from '../../errors.ts'
import { isName } from '../../tokens/account.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { toIso } from '../../tokens/time.ts'
import type { ChannelHeader, ChannelWay } from '../../vault/channel-header.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Exit } from '../exit.ts'
import { listingOf } from '../finding.ts'
import { type ChannelOptions, requestedChannel } from '../notices/channel-request.ts'
import { testRow } from '../notices/notice-facts.ts'
import { messageOf } from '../notices/notify.ts'
import { askHeartbeat, sendNotice } from '../notices/send-notice.ts'
import { revisionOf } from '../removing.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { safeLine } from '../render/safe-text.ts'
import type { ChannelsReport } from '../shapes/channels-shape.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

interface Named {
  readonly name: string
}

export async function noticesAddRun(
  options: ChannelOptions & Named & { readonly replace?: boolean },
  world: World,
): Promise<Exit> {
  const name = channelName(options.name)
  const { way, secret } = await requestedChannel(options, world)
  const vault = await vaultForWriting('notices add', world)
  await vault.locks.hold('channels', async () => {
    const channels = await vault.channels()
    const stored = await channels.get(name)
    if (stored !== undefined && options.replace !== true)
      throw new TokenctlError('USAGE', `There is a channel ${name} already.`, {
        fix: 'Choose another name, or add `--replace`.',
      })
    const header: ChannelHeader = { name, addedAt: world.clock.now(), way }
    await channels.save({ header, secret }, stored?.revision ?? null)
  })
  world.terminal.err(
    `${name} is added: ${kindWords(way)}. Try it: \`tokenctl notices test ${name}\`. \`tokenctl renew --all --due\` uses it, run by your schedule.\n`,
  )
  return 0
}

export async function noticesListRun({ json }: { readonly json?: boolean }, world: World): Promise<Exit> {
  const { channels, unreadable } = await listingOf(await (await world.openVault('notices list')).read())
  const damaged = unreadable.filter(({ key }) => key.startsWith('channel/'))
  for (const { error } of damaged) presentProblem(error, world.terminal)
  if (json === true) world.terminal.out(renderJson(channelsReport(channels)))
  else for (const { name, way } of channels) world.terminal.out(`${name}: ${safeLine(kindWords(way))}\n`)
  if (json !== true && channels.length + damaged.length === 0)
    world.terminal.err('Notices go nowhere yet. `tokenctl notices add --help` says where they can go.\n')
  return damaged[0]?.error.exit ?? 0
}

export async function noticesRemoveRun({ name: typed }: Named, world: World): Promise<Exit> {
  const name = channelName(typed)
  const door = await world.openVault('notices remove')
  const { channels, unreadable } = await listingOf(await door.read())
  const isThere = [
    ...channels.map(each => `channel/notice:${each.name}`),
    ...unreadable.map(({ key }) => key),
  ]
  if (!isThere.includes(`channel/notice:${name}`)) throw unknownChannel(name)
  const vault = await door.write()
  await vault.locks.hold('channels', async () => {
    const stored = await vault.channels()
    const revision = await revisionOf(() => stored.get(name))
    if (revision !== undefined) await stored.remove(name, revision)
  })
  world.terminal.err(`${name} is removed.\n`)
  return 0
}

/** Sends a notice that says that it is a test. @throws {NOTICE_FAILED} when the channel did not take it */
export async function noticesTestRun({ name: typed }: Named, world: World): Promise<Exit> {
  const name = channelName(typed)
  const opened = await (await world.openVault('notices test')).read()
  const { channels, unreadable } = await listingOf(opened)
  const damaged = unreadable.find(({ key }) => key === `channel/notice:${name}`)
  if (damaged !== undefined) throw damaged.error
  const channel = channels.find(each => each.name === name)
  if (channel === undefined || opened.state === 'empty') throw unknownChannel(name)
  await tryOnce(channel, opened.vault, world)
  world.terminal.err(`${name} took it: ${kindWords(channel.way)}.\n`)
  return 0
}

async function tryOnce(channel: ChannelHeader, vault: Vault, world: World): Promise<void> {
  const { way } = channel
  if (way.kind === 'heartbeat') await askHeartbeat({ ...channel, way }, true, vault, world)
  else await sendNotice(channel, messageOf([testRow()], world), vault, world)
}

/** @throws {USAGE} */
function channelName(text: string): string {
  if (isName(text)) return text
  throw new TokenctlError('USAGE', `${quoteTyped(text)} cannot be the name of a channel.`, {
    fix: 'Names are small letters, digits and hyphens, begin with a letter or digit, and have 63 characters at most.',
  })
}

function unknownChannel(name: string): TokenctlError {
  return new TokenctlError('USAGE', `There is no channel ${name}.`, {
    fix: '`tokenctl notices list` shows the channels there are.',
  })
}

/** What a channel is, as part of a sentence; of an address the host alone. */
function kindWords(way: ChannelWay): string {
  switch (way.kind) {
    case 'command':
      return `the program ${way.command[0]}`
    case 'webhook':
      return `a webhook at ${way.host}, in the words of ${way.format === 'json' ? 'plain JSON' : way.format}`
    case 'email':
      return `mail to ${way.to} by ${way.host}:${way.port}`
    case 'desktop':
      return 'this screen'
    case 'heartbeat':
      return `a heartbeat at ${way.host} (${way.method}), after each good run${way.signalsFailure ? '; below it `/fail` after a failed one' : ''}`
  }
}

function channelsReport(channels: readonly ChannelHeader[]): ChannelsReport {
  return {
    version: 1,
    channels: channels.map(({ name, addedAt, way }) => ({
      name,
      kind: way.kind,
      addedAt: toIso(addedAt),
      to:
        way.kind === 'command'
          ? (way.command[0] ?? '')
          : way.kind === 'email'
            ? way.to
            : 'host' in way
              ? way.host
              : null,
      format: way.kind === 'webhook' ? way.format : null,
    })),
  }
}
