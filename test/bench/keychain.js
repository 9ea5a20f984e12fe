/**
 * `status` over the keychain store, timed inside a session bus of its own with an unlocked keyring: this file is run once
 * more there. Undefined where there is no such thing.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHome } from './homes.js'
import { againstGh, pathOf } from './peers.js'
import { ENVIRONMENT } from './processes.js'
import { programOf } from './program.js'
import { againstEmpty } from './turns.js'

const SELF = fileURLToPath(import.meta.url)

/** Three accounts: against an empty Node (`empty`), and against `gh auth status` (`gh`) where that is installed. */
export function timeKeychain(pairs, { place }, folder) {
  if (['dbus-run-session', 'gnome-keyring-daemon'].some(name => pathOf(name) === undefined)) return undefined
  const home = join(folder, 'keyring')
  const runtime = join(home, 'run')
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const unlock = 'printf bench | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null'
  // Files, not pipes: a bus that outlives its session would hold a pipe open, and this waiting, for ever.
  const answer = join(home, 'answer.json')
  const complaints = join(home, 'complaints')
  const task = JSON.stringify({ pairs, place, folder })
  const result = spawnSync(
    'dbus-run-session',
    ['--', 'sh', '-c', `${unlock} && exec "$@"`, 'sh', process.execPath, SELF, task],
    {
      env: { ...ENVIRONMENT, HOME: home, XDG_RUNTIME_DIR: runtime },
      stdio: ['ignore', openSync(answer, 'w'), openSync(complaints, 'w')],
    },
  )
  if (result.status === 0) return JSON.parse(readFileSync(answer, 'utf8'))
  const why = result.signal ?? result.status
  throw new Error(`under dbus-run-session it ended with ${why}:\n${readFileSync(complaints, 'utf8')}`)
}

if (process.argv[1] === SELF) {
  const { pairs, place, folder } = JSON.parse(process.argv[2])
  const program = programOf(place)
  const home = makeHome(join(folder, 'keychain-home'), 'keychain', { count: 3, type: program.type })
  const empty = againstEmpty(pairs, program, ['status'], { home })
  const gh = againstGh(pairs, folder, () => program.time(['status'], { home }))
  console.log(JSON.stringify({ empty, gh }))
}
