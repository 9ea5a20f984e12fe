/**
 * What other programs get of this process's own environment: by name, never all of it. No proxy (it may hold a password),
 * no NODE_ variable, and nothing of a marketplace.
 */
type Env = Readonly<Record<string, string | undefined>>

/** What leads a program to itself, to its user and to that user's bus. */
const SYSTEM = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_CONFIG_HOME',
  // So that one that calls `systemctl --user` or `notify-send` meets the user's own.
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  // Windows starts no program without these.
  'SystemRoot',
  'windir',
  'TEMP',
  'TMP',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
]

const NAMED = [
  ...SYSTEM,
  'LANG',
  'TZ',
  'TMPDIR',
  // With the folders above: so that a program that calls tokenctl meets the same settings and records.
  'TOKENCTL_HOME',
  'XDG_DATA_HOME',
  'XDG_STATE_HOME',
]

/** Without these cron has none, and most scripts need it. */
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin'

/** The part of `env` that the system's own programs get (`crontab`, `systemctl`). */
export function systemEnvironment(env: Env): Env {
  return only(SYSTEM, env)
}

/** The part of `env` that any program which a person named gets. */
export function passedEnvironment(env: Env): Env {
  return { PATH: USUAL_PATH, ...only(NAMED, env) }
}

function only(names: readonly string[], env: Env): Env {
  return Object.fromEntries(names.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]])))
}
