/**
 * One message to one channel. Each way has its time; what a receiver answers is looked at for its status alone. Whatever
 * goes wrong is an error that names the channel's program or host, never its address or password.
 */
import { ERROR_CODES, isTokenctlError, TokenctlError } from '../../errors.ts'
import type { ProgramEnd } from '../../platform/run-program.ts'
import type { ChannelHeader, ChannelWay } from '../../vault/channel-header.ts'
import type { Channel } from '../../vault/channels.ts'
import type { Vault } from '../../vault/vault.ts'
import { isUrgent, messageText, noticePost } from '../render/notice-formats.ts'
import { safeLine } from '../render/safe-text.ts'
import type { NoticeMessage } from '../shapes/notice-shape.ts'
import type { World } from '../world.ts'
import { notingFailure } from './failing-channels.ts'
import { programEnvironment } from './program-environment.ts'
import { unanswered } from './unanswered.ts'

/** How long one message may take: ten of them take a small part of the half hour that a scheduled run has. */
export const NOTICE_TIMEOUT_MS = 10_000

/**
 * Sends it; resolves when the channel has taken it.
 *
 * @throws {NOTICE_FAILED}, with a mend that names the channel · what the vault throws, where the channel has a secret
 */
export async function sendNotice(
  channel: ChannelHeader,
  message: NoticeMessage,
  vault: Vault,
  world: World,
): Promise<void> {
  const fix = `The next run tries again; \`tokenctl notices test ${channel.name}\` tries it now.`
  await notingFailure(channel.name, world, () => named(() => send(channel, message, vault, world), fix))
}

/** Gives a failure this mend where it brings none of its own: the code's has no name in it. */
async function named(work: () => Promise<void>, fix: string): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isBare = isTokenctlError(error) && error.code === 'NOTICE_FAILED'
    if (!isBare || error.fix !== ERROR_CODES.NOTICE_FAILED.fix) throw error
    throw new TokenctlError('NOTICE_FAILED', error.message, { fix, cause: error })
  }
}

async function send(
  channel: ChannelHeader,
  message: NoticeMessage,
  vault: Vault,
  world: World,
): Promise<void> {
  const { way } = channel
  switch (way.kind) {
    case 'command':
      return await runNoticeProgram(way, message, world)
    case 'webhook': {
      const { headers, body } = noticePost(message, way.format)
      return await ask(await opened(channel, vault), { method: 'POST', headers, body }, world)
    }
    case 'email':
      return await mail(way, await opened(channel, vault), message, world)
    case 'desktop':
      return await world.showOnDesktop(
        { title: 'tokenctl', text: messageText(message, 1000), urgent: isUrgent(message) },
        { env: await desktopEnvironment(message, world), timeoutMs: NOTICE_TIMEOUT_MS },
      )
    case 'heartbeat':
      throw new TokenctlError('BUG', `${channel.name} is a heartbeat and takes no message.`)
  }
}

/**
 * Asks a heartbeat's address; after a run that failed, the one below it for failures.
 *
 * @throws as `sendNotice`
 */
export async function askHeartbeat(
  channel: ChannelHeader & { readonly way: Extract<ChannelWay, { kind: 'heartbeat' }> },
  isGood: boolean,
  vault: Vault,
  world: World,
): Promise<void> {
  const request = { method: channel.way.method, headers: {}, body: '' } as const
  // Not by `notices test`: that would tell the monitor of a good run.
  const fix = 'The next unattended run asks it again.'
  const work = async () => ask(await opened(channel, vault), request, world, isGood ? '' : '/fail')
  await notingFailure(channel.name, world, () => named(work, fix))
}

async function opened({ name }: ChannelHeader, vault: Vault): Promise<Channel> {
  const stored = await (await vault.channels()).get(name)
  if (stored !== undefined) return stored
  throw new TokenctlError('NOTICE_FAILED', `The channel ${name} was removed meanwhile.`)
}

async function ask(
  channel: Channel,
  request: {
    readonly method: 'GET' | 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  },
  world: World,
  below = '',
): Promise<void> {
  const { requestTo } = await import('../../vault/channels.ts')
  const http = await world.http()
  const options = { timeoutMs: NOTICE_TIMEOUT_MS, statusOnly: true } as const
  const { status } = await http.send(requestTo(channel, request, below), options).catch((error: unknown) => {
    throw notAnswered(error, channel.header)
  })
  if (status >= 200 && status <= 299) return
  const { way } = channel.header
  const host = 'host' in way ? way.host : ''
  // What is not found, forbidden or gone stays so: a webhook that was removed or whose address changed.
  const isGone = status === 401 || status === 403 || status === 404 || status === 410
  throw new TokenctlError('NOTICE_FAILED', `${host} answered ${status}.`, {
    ...(isGone ? { fix: `Its address may have changed: ${addedAnew(channel.header)}.` } : {}),
  })
}

function notAnswered(error: unknown, header: ChannelHeader): unknown {
  const why = unanswered(error)
  if (why === undefined) return error
  const { message, isAddressWrong, cause } = why
  const fix = `Give the address that it leads to, or the right one: ${addedAnew(header)}.`
  return new TokenctlError('NOTICE_FAILED', message, { cause, ...(isAddressWrong ? { fix } : {}) })
}

/** The command that takes another address for a channel, and leaves all else about it. */
function addedAnew({ name, way }: ChannelHeader): string {
  const words = ['tokenctl notices add', name, `--${way.kind}`]
  if (way.kind === 'webhook' && way.format !== 'json') words.push('--as', way.format)
  if (way.kind === 'heartbeat' && way.method !== 'GET') words.push('--method', way.method)
  if (way.kind === 'heartbeat' && way.signalsFailure) words.push('--signal-failure')
  return `\`${words.join(' ')} --replace\``
}

async function mail(
  { to, from }: Extract<ChannelWay, { kind: 'email' }>,
  channel: Channel,
  message: NoticeMessage,
  world: World,
): Promise<void> {
  const { mailServerOf } = await import('../../vault/channels.ts')
  const mailer = await world.mailer()
  const subject = message.text.startsWith('tokenctl') ? message.text : `tokenctl: ${message.text}`
  // A line that is read nowhere is cut; the text has all of it.
  const text = `${messageText(message, 100_000)}\n`
  await mailer.send(
    mailServerOf(channel),
    { from, to, subject: subject.slice(0, 200), text },
    { timeoutMs: NOTICE_TIMEOUT_MS },
  )
}

async function runNoticeProgram(
  { command }: Extract<ChannelWay, { kind: 'command' }>,
  message: NoticeMessage,
  world: World,
): Promise<void> {
  const programs = await world.programs()
  const end = await programs.run({
    command,
    env: programEnvironment(callOf(message), world),
    input: `${JSON.stringify(message)}\n`,
    timeoutMs: NOTICE_TIMEOUT_MS,
  })
  const problem = programFailure(command[0] ?? '', end, NOTICE_TIMEOUT_MS)
  if (problem !== undefined) throw new TokenctlError('NOTICE_FAILED', problem)
}

async function desktopEnvironment(message: NoticeMessage, world: World) {
  const { helperEnvironment } = await import('../../vault/keychain-bus.ts')
  // Under cron there is no bus address; the user's own bus is then looked for where systemd puts it.
  const bus = helperEnvironment(world.env, world.files)?.['DBUS_SESSION_BUS_ADDRESS']
  return {
    ...programEnvironment(callOf(message), world),
    DISPLAY: world.env['DISPLAY'],
    WAYLAND_DISPLAY: world.env['WAYLAND_DISPLAY'],
    ...(bus === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: bus }),
  }
}

function callOf({ notices, text }: NoticeMessage) {
  const [first] = notices
  const isOne = notices.length === 1 && first !== undefined
  return { event: isOne ? first.event : 'several', facts: isOne ? first : null, count: notices.length, text }
}

/** The most that is shown of what a program said. */
const SHOWN = 1000

/** What went wrong with a program, in sentences; undefined when it ended with 0. */
export function programFailure(path: string, end: ProgramEnd, timeoutMs: number): string | undefined {
  if ('reason' in end) return end.reason
  const said = safeLine(end.output.trim()).slice(-SHOWN)
  const saying = said === '' ? '' : ` It said: "${said}".`
  if (end.how === 'timed-out')
    return `${path} did not end within ${timeoutMs / 1000} s and was stopped.${saying}`
  if (end.status === 0) return undefined
  return `${path} ended with ${end.status === null ? end.signal : `status ${end.status}`}.${saying}`
}
