/**
 * From what was typed for a channel to the channel: exactly one kind, its own options and no other's, and an address that
 * may be asked. An address or password is asked for masked or read from standard input, never an argument, and no message
 * ever shows one.
 */
import { TokenctlError } from '../../errors.ts'
import { Secret } from '../../tokens/secret.ts'
import { type ChannelWay, NOTICE_FORMATS, type NoticeFormat } from '../../vault/channel-header.ts'
import type { World } from '../world.ts'
import { addressProblem } from './endpoint-address.ts'
import { namedProgram } from './named-program.ts'

export interface ChannelOptions {
  readonly program: readonly string[]
  readonly command?: boolean
  readonly webhook?: boolean
  readonly as?: string
  readonly email?: string
  readonly smtp?: string
  readonly from?: string
  readonly smtpUser?: string
  readonly desktop?: boolean
  readonly heartbeat?: boolean
  readonly method?: string
  readonly signalFailure?: boolean
  readonly stdin?: boolean
}

export interface RequestedChannel {
  readonly way: ChannelWay
  readonly secret: Secret | null
}

const KINDS = ['command', 'webhook', 'email', 'desktop', 'heartbeat'] as const
type Kind = (typeof KINDS)[number]

/** Which options belong to which kind, besides the one that names it. */
const OWN: Readonly<Record<Kind, readonly (keyof ChannelOptions)[]>> = {
  command: [],
  webhook: ['as', 'stdin'],
  email: ['smtp', 'from', 'smtpUser', 'stdin'],
  desktop: [],
  heartbeat: ['method', 'signalFailure', 'stdin'],
}

const FLAGS: Readonly<Partial<Record<keyof ChannelOptions, string>>> = {
  as: '--as',
  smtp: '--smtp',
  from: '--from',
  smtpUser: '--smtp-user',
  method: '--method',
  signalFailure: '--signal-failure',
  stdin: '--stdin',
}

/**
 * The channel that the words ask for; asks for its secret where it has one.
 *
 * @throws {USAGE} · {ANSWER_MISSING} naming `--stdin` where nobody can be asked
 */
export async function requestedChannel(options: ChannelOptions, world: World): Promise<RequestedChannel> {
  const kind = kindOf(options)
  switch (kind) {
    case 'command':
      return await commandChannel(options.program, world)
    case 'desktop':
      return { way: { kind }, secret: null }
    case 'email':
      return await emailChannel(options, world)
    case 'webhook': {
      const { address, host } = await takeAddress('webhook', options, world)
      return { way: { kind, host, format: formatOf(options.as, host) }, secret: address }
    }
    case 'heartbeat': {
      const { address, host } = await takeAddress('heartbeat', options, world)
      const method = options.method === 'POST' ? 'POST' : 'GET'
      return { way: { kind, host, method, signalsFailure: options.signalFailure === true }, secret: address }
    }
  }
}

function kindOf(options: ChannelOptions): Kind {
  const named = KINDS.filter(kind => options[kind] !== undefined)
  const [kind] = named
  if (kind === undefined || named.length > 1)
    throw usage(
      kind === undefined ? 'What kind of channel it is was not said.' : 'A channel is of one kind only.',
      'Give one of `--command`, `--webhook`, `--email`, `--desktop`, `--heartbeat`.',
    )
  const stray = (Object.keys(FLAGS) as (keyof ChannelOptions)[]).find(
    option => options[option] !== undefined && !OWN[kind].includes(option),
  )
  if (stray !== undefined) throw usage(`${FLAGS[stray]} does not belong to --${kind}.`, 'Leave it out.')
  // What stands there may be the address itself.
  if (kind !== 'command' && options.program.length > 0)
    throw usage(
      `--${kind} takes nothing from the command line: what was typed there is not shown, since it could be a secret.`,
      'It is asked for masked, or read from standard input with `--stdin`. What you typed may now be in the history of your shell.',
    )
  return kind
}

async function commandChannel(program: readonly string[], world: World): Promise<RequestedChannel> {
  await namedProgram(program, world)
  return { way: { kind: 'command', command: [...program] }, secret: null }
}

/** A service that is known by its host is spoken to in its own words, unless others were asked for. */
const KNOWN_HOSTS: readonly (readonly [host: RegExp, format: NoticeFormat])[] = [
  // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, checked 2026-11-23
  [/^hooks\.slack(-gov)?\.com$/, 'slack'],
  // https://docs.discord.com/developers/resources/webhook, checked 2026-11-23
  [/^(ptb\.|canary\.)?discord(app)?\.com$/, 'discord'],
  // https://docs.ntfy.sh/publish/, checked 2026-11-23
  [/^ntfy\.sh$/, 'ntfy'],
]

function formatOf(asked: string | undefined, host: string): NoticeFormat {
  const format = NOTICE_FORMATS.find(each => each === asked)
  return format ?? KNOWN_HOSTS.find(([known]) => known.test(host))?.[1] ?? 'json'
}

/** Its address is what a webhook is protected by, so it is treated as a password is. */
async function takeAddress(
  kind: 'webhook' | 'heartbeat',
  { stdin }: ChannelOptions,
  world: World,
): Promise<{ readonly address: Secret; readonly host: string }> {
  const validate = (text: string) => addressProblem(text.trim()) ?? (true as const)
  const text = await takeSecret(
    `Address of the ${kind}`,
    `the address of the ${kind}`,
    { stdin, validate },
    world,
  )
  const problem = addressProblem(text)
  if (problem !== undefined) throw usage(problem, 'Nothing was changed.')
  const url = new URL(text)
  return { address: new Secret(url.href), host: url.host }
}

async function emailChannel(options: ChannelOptions, world: World): Promise<RequestedChannel> {
  const { email = '', smtp, smtpUser } = options
  const to = mailAddress(email, '--email')
  if (smtp === undefined)
    throw usage('--email needs a mail server.', 'Add `--smtp HOST` or `--smtp HOST:PORT`.')
  const { host, port } = mailServer(smtp)
  const user = smtpUser ?? null
  if (user !== null && (user === '' || /[\0-\x1f\x7f]/.test(user) || user.length > 320))
    throw usage('--smtp-user is no user name.', 'Nothing was changed.')
  const from = mailAddress(options.from ?? (user?.includes('@') === true ? user : to), '--from')
  if (user === null && options.stdin === true)
    throw usage('--stdin brings a password, and nobody said whose.', 'Add `--smtp-user NAME`.')
  const way = { kind: 'email', to, from, host, port, user } as const
  if (user === null) return { way, secret: null }
  const validate = (text: string) => text !== '' || 'No password was given.'
  const password = await takeSecret(
    `Password of ${user}`,
    'the password',
    { stdin: options.stdin, validate },
    world,
  )
  if (password === '') throw usage('No password was given.', 'Nothing was changed.')
  return { way, secret: new Secret(password) }
}

/** One bare address: no name before it, no list, nothing that could become a second header. */
function mailAddress(text: string, option: string): string {
  if (/^[^\s@<>,;:"()[\]\\\0-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(text)) return text
  throw usage(`${option} takes one mail address, such as \`owner@example.com\`.`, 'Nothing was changed.')
}

/** Submission with STARTTLS (RFC 6409 section 3.1), where nobody says another. */
const SUBMISSION_PORT = 587

function mailServer(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[2] === undefined ? SUBMISSION_PORT : Number(match[2])
  if (match?.[1] !== undefined && port >= 1 && port <= 65_535)
    return { host: match[1].replace(/^\[|\]$/g, ''), port }
  throw usage('--smtp takes a mail server: HOST or HOST:PORT.', 'For instance `--smtp mail.example.com:465`.')
}

interface Taking {
  readonly stdin?: boolean | undefined
  readonly validate: (text: string) => true | string
}

async function takeSecret(
  question: string,
  awaited: string,
  { stdin, validate }: Taking,
  world: World,
): Promise<string> {
  if (stdin === true)
    return (await world.terminal.readStdin(awaited, 64 * 1024)).replace(/^\uFEFF/, '').trim()
  const prompt = await world.prompt()
  return (await prompt.secret(`${question}:`, { validate, insteadOf: '--stdin' })).trim()
}

function usage(message: string, fix: string): TokenctlError {
  return new TokenctlError('USAGE', message, { fix })
}
