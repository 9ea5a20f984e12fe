/** `tokenctl schedule` as a person types it, with a `crontab` of this test's own that keeps its table in a file. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { scheduleShowSchema } from '../../src/cli/shapes/schedule-shape.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type Run, tokenctl } from '../support/tokenctl.ts'

// Debian's words and ways.
const CRONTAB = `#!/bin/sh
table="\${0%/*}/table"
case "$1" in
  -l) [ -f "$table" ] || { echo "no crontab for me" >&2; exit 1; }; cat "$table" ;;
  -r) rm "$table" ;;
  -) cat > "$table" ;;
esac
`

let home: string
let bin: string
let table: string

beforeEach(() => {
  home = temporaryHome()
  bin = temporaryHome()
  table = join(bin, 'table')
  writeFileSync(join(bin, 'crontab'), CRONTAB)
  chmodSync(join(bin, 'crontab'), 0o755)
})

function schedule(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return tokenctl(['schedule', ...words], { home, env: { PATH: `${bin}:/usr/bin:/bin`, ...env } })
}

test('install, show and remove by cron; the line is one that runs', async () => {
  const before = Buffer.from('# caf\u00e9\n0 1 * * * mine\n', 'latin1')
  writeFileSync(table, before)
  const installed = await schedule(['install', '--using', 'cron'])
  expect(installed.stdout).toMatch(/^Installed: cron runs .* every day at 10:\d\d\.\n {2}your crontab\n/)
  expect(installed.status).toBe(0)
  expect(readFileSync(table).subarray(0, before.length)).toEqual(before)
  const line = /^\d+ 10 \* \* \* (.*)$/m.exec(readFileSync(table, 'utf8'))?.[1]
  expect(line).toBe(`/usr/bin/env 'TOKENCTL_HOME=${home}' '${NODE}' '${BIN}' renew --all --due`)

  const { stdout, status } = await schedule(['show', '--json'])
  const { schedules } = scheduleShowSchema.parse(JSON.parse(stdout))
  expect(schedules.map(({ scheduler, findings }) => ({ scheduler, findings }))).toEqual([
    { scheduler: 'cron', findings: [] },
  ])
  expect(status).toBe(0)

  expect((await schedule(['remove'])).status).toBe(0)
  expect(readFileSync(table)).toEqual(before)
})

test('a proxy’s password gets into no text, and no output', async () => {
  const { status, stdout, stderr } = await schedule(['install', '--using', 'cron', '--json'], {
    HTTPS_PROXY: 'http://me:s3cr3t@proxy.example:3128',
  })
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'SETTINGS_INVALID' } })
  expect(stdout + stderr).not.toContain('s3cr3t')
  expect(status).toBe(2)
  expect(existsSync(table)).toBe(false)
})

test('nothing that schedules: 3, each with its reason', async () => {
  const { status, stderr } = await tokenctl(['schedule', 'install'], { home, env: { PATH: temporaryHome() } })
  expect(stderr).toMatch(/systemd: `systemctl` is not there; cron: .*\[SCHEDULER_FAILED\]\nFix: .*unattended/)
  expect(status).toBe(3)
})

test('8 at once leave one schedule', async () => {
  await Promise.all(Array.from({ length: 8 }, () => schedule(['install', '--using', 'cron'])))
  expect(readFileSync(table, 'utf8').match(/renew --all --due$/gm)).toHaveLength(1)
})
