/**
 * The settings file, and what stands in the place of the real marketplaces or of our own folders: settings that name a
 * simulator or a sandbox, and variables of the environment. Values of variables are shown only where they are paths.
 */
import { ERROR_CODES } from '../../errors.ts'
import { settingsPath } from '../../settings.ts'
import { CALL_VARIABLES } from '../notices/program-environment.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { environmentNotes } from '../status/environment-notes.ts'
import type { Env } from '../world.ts'
import { ok, problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** Our own variables and those that move our folders; their values are paths. */
const PATHS = [
  'TOKENCTL_HOME',
  'TOKENCTL_KEY_FILE',
  'CREDENTIALS_DIRECTORY',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
]
/** Set by tokenctl for the programs that it runs, from which it may be run again. */
const HANDED_OUT: readonly string[] = CALL_VARIABLES

/** The findings on the settings file. */
export function settingsChecks({ world, machine, settingsError }: Ground): readonly Finding[] {
  const path = settingsPath(world.folders)
  if (settingsError !== undefined) return [problem('settings', settingsError, { where: path })]
  const isThere = world.files.readPlain(path) !== undefined
  if (isThere && machine.isWritableByOthers(path))
    return [
      warning('settings', `Others may write the settings file ${path}, and so choose where tokens rest.`, {
        where: path,
        mend: 'Look through it (`tokenctl config list`), then `tokenctl doctor --fix` closes it.',
      }),
    ]
  return [
    ok(
      'settings',
      isThere ? 'The settings file is sound.' : 'There is no settings file; the defaults hold.',
      path,
    ),
  ]
}

/** What stands in the place of something else. */
export function overrideChecks({ world, settings, vault }: Ground): readonly Finding[] {
  const notes = settings === undefined ? [] : environmentNotes(vault?.listing.accounts ?? [], world)
  const found = [...notes.map(noteFinding), ...strangeVariables(world.env)]
  const paths = PATHS.flatMap(name => (isSet(world.env, name) ? [`${name}=${world.env[name]}`] : []))
  if (found.length > 0 && paths.length === 0) return found
  const here =
    paths.length === 0 ? 'Nothing stands in the place of the real marketplaces.' : `Set: ${paths.join(', ')}.`
  return [...found, ok('overrides', here)]
}

/** A note ends with the way back, which is its mend; one on records that belong elsewhere has the code's own. */
function noteFinding(note: string): Finding {
  const [what = note, back] = note.split(' To go back: ')
  return warning('overrides', what, {
    mend: back === undefined ? ERROR_CODES.ENVIRONMENT_MISMATCH.fix : `To go back: ${back}`,
  })
}

/** No variable leads a token elsewhere; a person who set one believes that it does. */
function strangeVariables(env: Env): readonly Finding[] {
  const names = Object.keys(env).filter(
    name => /^TOKENCTL_\w{1,60}$/.test(name) && !PATHS.includes(name) && !HANDED_OUT.includes(name),
  )
  return names.map(name =>
    warning('overrides', `${name} is set, and tokenctl takes no such variable: it changes nothing.`, {
      where: name,
      mend: `\`unset ${name}\`. Settings are made with \`tokenctl config set\`.`,
    }),
  )
}

/** Whether a variable is set to something. */
export function isSet(env: Env, name: string): boolean {
  return env[name] !== undefined && env[name] !== ''
}
