/**
 * A job with every sign in its paths that a scheduler's text gives a meaning to, and a program at its place that writes
 * down what it was started with.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job } from '../../src/schedule/job.ts'

/** What all schedulers' texts can carry, but for what the system itself refuses: `signs` are in every value. */
export function oddJob(folder: string, signs: string, signsOfNode = signs): { job: Job; noted: string } {
  const noted = join(folder, 'noted')
  const bin = join(folder, signsOfNode)
  mkdirSync(bin, { recursive: true })
  const node = join(bin, 'node')
  // The whole of each word on a line of its own, the variable after them; in place at once, so that nobody reads half.
  writeFileSync(
    node,
    `#!/bin/sh\nprintf '%s\\n' "$@" "$TOKENCTL_HOME" > '${noted}.part'\nmv '${noted}.part' '${noted}'\n`,
  )
  chmodSync(node, 0o755)
  const job: Job = {
    version: 1,
    node,
    entry: `/opt/${signs}/tokenctl.js`,
    env: { TOKENCTL_HOME: `/srv/${signs}` },
    at: '10:00',
    every: 'day',
    spread: 7,
  }
  return { job, noted }
}

/** What such a program writes when nothing on its way to it was lost. */
export function oddWords(job: Job): string {
  return [job.entry, 'renew', '--all', '--due', job.env['TOKENCTL_HOME']].map(word => `${word}\n`).join('')
}
