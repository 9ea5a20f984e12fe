/**
 * The channels and heartbeats: whether their programs may be run and their addresses can be read and are ones, and
 * whether they took what was last sent to them. Nothing is sent here, and no address or password is shown.
 */
import { isTokenctlError } from '../../errors.ts'
import type { ChannelHeader } from '../../vault/channel-header.ts'
import { type Channel, requestTo } from '../../vault/channels.ts'
import { Vault } from '../../vault/vault.ts'
import { addressProblem } from '../notices/endpoint-address.ts'
import { readFailingChannels } from '../notices/failing-channels.ts'
import { showTime } from '../render/dates.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { noticeMarksFindings } from './notice-marks-check.ts'
import { programFileProblems } from './program-file-check.ts'

/** The findings on channels. `opens`: whether the store gives out what is sealed; else no address is looked at. */
export async function channelChecks(ground: Ground, opens: boolean): Promise<readonly Finding[]> {
  const { vault } = ground
  if (vault?.opened === undefined) return [skipped('channels', 'Not looked at: the vault cannot be seen.')]
  const { channels } = vault.listing
  if (channels.length === 0) return [skipped('channels', 'There is none: nobody is told.')]
  const wrong = [
    ...(await programFileProblems('channels', channels.flatMap(programOf), ground)),
    ...(opens ? (await Promise.all(channels.map(each => addressFinding(each, ground)))).flat() : []),
    ...sendingFindings(channels, ground),
    // A heartbeat is asked in any case.
    ...(channels.some(({ way }) => way.kind !== 'heartbeat') ? noticeMarksFindings('channels', ground) : []),
  ]
  if (wrong.length > 0) return wrong
  const count = channels.length === 1 ? '1 channel' : `${channels.length} channels`
  const addresses = opens ? '' : ' Their addresses were not looked at: the vault does not open here.'
  return [ok('channels', `${count}; none failed when something was last sent.${addresses}`)]
}

function programOf({ name, way }: ChannelHeader) {
  if (way.kind !== 'command') return []
  const [path = ''] = way.command
  return [{ path, whose: `The channel ${name}`, instead: `\`tokenctl notices remove ${name}\`` }]
}

/** Whether what is sealed of the channel opens and, where it is an address, is one. */
async function addressFinding({ name, way }: ChannelHeader, { vault }: Ground): Promise<readonly Finding[]> {
  const isSealed = way.kind === 'webhook' || way.kind === 'heartbeat' || way.kind === 'email'
  if (!isSealed || vault?.store === undefined) return []
  const mend = `\`tokenctl notices remove ${name}\`, and add it anew.`
  try {
    const stored = await (await new Vault(vault.store).channels()).get(name)
    if (stored === undefined || way.kind === 'email') return []
    const why = addressProblem(addressOf(stored))
    return why === undefined
      ? []
      : [problem('channels', `The channel ${name} cannot be asked: ${why}`, { where: name, mend })]
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('channels', error, { where: name, mend })]
  }
}

/** Empty where there is none that a request could have. */
function addressOf(channel: Channel): string {
  try {
    return requestTo(channel, { method: 'GET', headers: {}, body: '' }).url
  } catch {
    // Why does not matter, and the reason could quote it.
    return ''
  }
}

function sendingFindings(channels: readonly ChannelHeader[], { world }: Ground): readonly Finding[] {
  const failing = readFailingChannels(world.folders.state, world.files)
  return channels.flatMap(({ name, way, addedAt }) => {
    const known = failing.get(name)
    // One of that name may have been replaced since.
    if (known === undefined || known.at < addedAt) return []
    const what = way.kind === 'heartbeat' ? 'The heartbeat' : 'The channel'
    const since = known.since === known.at ? '' : `, as each time since ${showTime(known.since)}`
    const mend =
      way.kind === 'heartbeat'
        ? 'Look whether its address is still one of the monitor; the next unattended run asks it again.'
        : `\`tokenctl notices test ${name}\` tries it now and says why.`
    return [
      warning(
        'channels',
        `${what} ${name} did not take what was sent ${showTime(known.at)} (${known.code})${since}.`,
        { where: name, mend },
      ),
    ]
  })
}
