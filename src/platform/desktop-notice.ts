/**
 * A notice on this user's own screen, by the program that each system has for it. No shell: the texts are arguments, or
 * on Windows variables that a fixed script reads. Tried on Linux up to the bus (notify-send 0.8.1 of Debian 12); macOS and
 * Windows are not tried by us.
 */
import fs from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import type { Programs } from './run-program.ts'

type Env = Readonly<Record<string, string | undefined>>

/** One notice: its texts in ASCII. */
export interface DesktopNotice {
  readonly title: string
  readonly text: string
  readonly urgent: boolean
}

export interface DesktopOptions {
  readonly platform: NodeJS.Platform
  /** The program's whole environment; the way to the user's session among it. */
  readonly env: Env
  readonly timeoutMs: number
}

/**
 * Shows it; resolves when the system's program has taken it.
 *
 * @throws {NOTICE_FAILED} when there is none, or it failed.
 */
export async function showOnDesktop(
  notice: DesktopNotice,
  programs: Pick<Programs, 'run'>,
  { platform, env, timeoutMs }: DesktopOptions,
): Promise<void> {
  const { name, args, variables } = callFor(notice, platform)
  const path = findProgram(name, env)
  if (path === undefined)
    throw failed(
      `There is no ${name} in the folders of PATH.`,
      platform === 'linux'
        ? 'Debian has it in the package libnotify-bin; or choose another channel.'
        : 'It comes with the system: put its folder into PATH, or choose another channel.',
    )
  const end = await programs.run({ command: [path, ...args], env: { ...env, ...variables }, timeoutMs })
  if (end.how === 'ended' && end.status === 0) return
  if ('reason' in end) throw failed(end.reason, 'Mend that, or choose another channel.')
  const how = end.how === 'ended' ? `ended with ${end.status ?? end.signal}` : 'did not end in time'
  throw failed(
    `${path} ${how}.`,
    'A notice on the screen needs this user to be logged in at one. Where nobody is, as on a server, choose another channel.',
  )
}

interface Call {
  readonly name: string
  readonly args: readonly string[]
  readonly variables: Env
}

// The texts come as its arguments, so that none of them is read as a script.
const APPLE_SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
]

const POWERSHELL = [
  'Add-Type -AssemblyName System.Windows.Forms',
  '$icon = New-Object System.Windows.Forms.NotifyIcon',
  '$icon.Icon = [System.Drawing.SystemIcons]::Information',
  '$icon.Visible = $true',
  "$icon.ShowBalloonTip(10000, $env:TOKENCTL_TITLE, $env:TOKENCTL_TEXT, 'None')",
  'Start-Sleep -Seconds 5',
  '$icon.Dispose()',
].join('; ')

function callFor({ title, text, urgent }: DesktopNotice, platform: NodeJS.Platform): Call {
  if (platform === 'darwin') {
    const script = APPLE_SCRIPT.flatMap(line => ['-e', line])
    return { name: 'osascript', args: [...script, title, text], variables: {} }
  }
  if (platform === 'win32')
    return {
      name: 'powershell.exe',
      args: ['-NoProfile', '-NonInteractive', '-Command', POWERSHELL],
      variables: { TOKENCTL_TITLE: title, TOKENCTL_TEXT: text },
    }
  const urgency = urgent ? 'critical' : 'normal'
  return {
    name: 'notify-send',
    args: ['--app-name=tokenctl', `--urgency=${urgency}`, '--', title, markupOf(text)],
    variables: {},
  }
}

/** The body may be read as markup (Desktop Notifications Specification 1.2, "Markup"). */
function markupOf(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Where a program of this name is, by PATH, of which only absolute folders count. */
function findProgram(name: string, env: Env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  return folders.map(folder => join(folder, name)).find(path => fs.existsSync(path))
}

function failed(message: string, fix: string): TokenctlError {
  return new TokenctlError('NOTICE_FAILED', message, { fix })
}
