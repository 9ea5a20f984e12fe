/** What follows a fault: the run ends with its own status and words, and nothing else is printed after it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tokenctl } from '../support/tokenctl.ts'

test.each([['accounts', 'list'], ['app', 'list'], ['renew', '--all', '--due'], ['status']])(
  'a settings file that is no JSON ends `%s %s` with 2, and one error',
  async (...args) => {
    const home = temporaryHome()
    writeFileSync(join(home, 'config.json'), '{bad', { mode: 0o600 })
    const { status, stdout, stderr } = await tokenctl(args, { home })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(
      /^Error: The settings file .*config\.json is not JSON \(line 1\)\. \[SETTINGS_INVALID\]\nFix: .*\n$/,
    )
  },
)

test('status --probe: what the marketplace refused counts, and is said with the account', async () => {
  const simulator = await simulated([shop('ebay:main', 10, 547)])
  const home = await connectedHome(simulator)
  expect((await tokenctl(['status', '--probe', '--check'], { home })).status).toBe(0)
  simulator.endConsent('ebay:main')
  const probed = await tokenctl(['status', '--probe'], { home })
  expect(probed.status).toBe(3)
  expect(probed.stderr).toMatch(/^Error: ebay:main: .*\[GRANT_REJECTED\]$/m)
  expect(probed.stdout).toMatch(/^eBay +main +rejected/m)
})

test('the demo touches nothing outside its own home, whatever key the environment names', async () => {
  const [home, elsewhere] = [temporaryHome(), join(temporaryHome(), 'key')]
  const { status } = await tokenctl(['demo'], { home, env: { TOKENCTL_KEY_FILE: elsewhere } })
  expect(status).toBe(0)
  expect(() => writeFileSync(elsewhere, '', { flag: 'wx' })).not.toThrow()
})
