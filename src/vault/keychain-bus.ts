/**
 * The environment of the keychain's helper: the few variables that lead to a keychain and nothing else, so that no
 * secret of the caller's environment is ever in the child's. Under cron there is no bus address; the user's own bus
 * is then looked for where systemd puts it.
 */
import type { Files } from '../platform/files.ts'

type Env = Readonly<Record<string, string | undefined>>

const PASSED = [
  'DBUS_SESSION_BUS_ADDRESS',
  'XDG_RUNTIME_DIR',
  'HOME',
  'USER',
  'LOGNAME',
  'PATH',
  'LANG',
  // Windows finds its credential manager and its libraries by these.
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'SystemRoot',
  'windir',
  'TEMP',
]

/** The helper's environment; undefined where there certainly is no bus to ask. */
export function helperEnvironment(
  env: Env,
  files: Pick<Files, 'platform' | 'uid' | 'isOwnSocket'>,
): Env | undefined {
  const passed = Object.fromEntries(
    PASSED.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])),
  )
  if (files.platform === 'win32' || files.platform === 'darwin') return passed
  const address = env['DBUS_SESSION_BUS_ADDRESS']
  if (address !== undefined && address !== '') return passed
  const runtime = env['XDG_RUNTIME_DIR']
  const places = [...(runtime ? [`${runtime}/bus`] : []), `/run/user/${files.uid}/bus`]
  const bus = places.find(path => files.isOwnSocket(path))
  return bus === undefined ? undefined : { ...passed, DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` }
}
