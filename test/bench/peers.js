/**
 * Programs of others that say at a start what they hold, as `tokenctl status` does: none is asked to reach a network, and
 * each has folders of its own, in which there is nothing yet. What is not installed is left out.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ENVIRONMENT, millisecondsOf } from './processes.js'
import { inTurns } from './turns.js'

/** The peers that are here: what to call them, the program, its words, its environment. @param folder for their own files */
export function peers(folder) {
  const home = join(folder, 'peers')
  mkdirSync(home, { recursive: true })
  const env = { ...ENVIRONMENT, HOME: home, GH_CONFIG_DIR: home, AWS_EC2_METADATA_DISABLED: 'true' }
  const own = ['--config-dir', '--work-dir', '--logs-dir'].flatMap(option => [option, home])
  return [
    { name: 'gh auth status', program: 'gh', words: ['auth', 'status'] },
    { name: 'certbot certificates', program: 'certbot', words: ['certificates', ...own] },
    { name: 'aws configure list', program: 'aws', words: ['configure', 'list'] },
  ].map(peer => ({ ...peer, env, path: pathOf(peer.program) }))
}

/** A subject in turns with `gh auth status` itself; undefined where that is not installed. */
export function againstGh(pairs, folder, subject) {
  const [gh] = peers(folder)
  return gh.path === undefined ? undefined : inTurns(pairs, () => millisecondsOf(gh), subject)
}

/** Where a program is; undefined when it is not on the path. */
export function pathOf(program) {
  const folders = (ENVIRONMENT.PATH ?? '').split(delimiter)
  return folders.map(folder => join(folder, program)).find(path => existsSync(path))
}
