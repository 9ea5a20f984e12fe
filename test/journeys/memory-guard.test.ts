/** What signals get out of a run that holds tokens: no core file, and no debugger that others could attach to. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { connectedHome, heldSimulator, shop } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, tokenctl } from '../support/tokenctl.ts'

/** A process is slow to start on a machine that has much to do. */
const POLL = { timeout: 15_000 }
const PATTERN = '/proc/sys/kernel/core_pattern'

/** A run of `token` whose refresh token is on its way, with no limit on core files. */
async function inTheExchange() {
  const { simulator, letGo } = await heldSimulator([shop('ebay:main', 20, 547)])
  const home = await connectedHome(simulator)
  simulator.fault('ebay', 'slow')
  const cwd = temporaryHome()
  const line = 'ulimit -c unlimited 2>/dev/null; exec "$0" "$@"'
  const child = spawn('sh', ['-c', line, NODE, BIN, 'token', 'ebay:main'], {
    cwd,
    env: environmentOf({ home }),
  })
  const end = ended(child)
  await expect.poll(() => simulator.accounts()[0]?.refreshes, POLL).toBe(1)
  return { child, cwd, home, end, letGo }
}

/** The first QUIT, once it was taken. */
async function quitOnce({ child }: Awaited<ReturnType<typeof inTheExchange>>): Promise<void> {
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString('utf8')
  })
  child.kill('SIGQUIT')
  await expect.poll(() => said, POLL).toContain('Stopping when')
}

function expectNoCore(cwd: string): void {
  const isHere = process.platform === 'linux' && !/[|/]/.test(readFileSync(PATTERN, 'latin1'))
  if (isHere) expect(readdirSync(cwd)).toEqual([])
}

test.skipIf(process.platform === 'win32')('the first QUIT waits until the answer is stored', async () => {
  const run = await inTheExchange()
  await quitOnce(run)
  run.letGo()
  expect(await run.end).toMatchObject({ status: 130, signal: null, stdout: '' })
  expectNoCore(run.cwd)
  const { stdout } = await tokenctl(['status', '--json'], { home: run.home })
  expect(JSON.parse(stdout).accounts[0].lastAttempt).toMatchObject({ outcome: 'renewed' })
})

test.skipIf(process.platform === 'win32')('the second ends it at once, without a core file', async () => {
  const run = await inTheExchange()
  await quitOnce(run)
  run.child.kill('SIGQUIT')
  // An end by the signal itself is what makes the system write one, wherever it puts it.
  expect(await run.end).toMatchObject({ status: 131, signal: null, stdout: '' })
  expectNoCore(run.cwd)
})

test.skipIf(process.platform === 'win32')('USR1 opens no debugger, and stops nothing', async () => {
  const { child, end, letGo } = await inTheExchange()
  child.kill('SIGUSR1')
  letGo()
  const { status, stdout, stderr } = await end
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^v\^1\.1#/)
})
