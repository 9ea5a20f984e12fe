import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * The date of the last commit, so that who builds the same tree again has the same bytes. A tree that is in no repository
 * names it (SOURCE_DATE_EPOCH, reproducible-builds.org), or it is now.
 */
export function commitDate() {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { stdout, status } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd, encoding: 'utf8' })
  const seconds = process.env.SOURCE_DATE_EPOCH ?? (status === 0 ? stdout.trim() : undefined)
  return seconds === undefined ? new Date() : new Date(Number(seconds) * 1000)
}
