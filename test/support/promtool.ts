/** Prometheus' own checker, of Debian's package `prometheus`; TOKENCTL_PROMTOOL names another. In CI it must be there. */
import { spawnSync } from 'node:child_process'

/** The program to run; `skip` is told why where there is none. */
export function findPromtool(skip: (why: string) => never): string {
  const promtool = process.env['TOKENCTL_PROMTOOL'] ?? 'promtool'
  if (spawnSync(promtool, ['--version']).status === 0) return promtool
  if (process.env['CI'] === 'true') throw new Error('promtool must be installed in CI.')
  return skip('promtool is not installed')
}
