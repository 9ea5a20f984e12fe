/**
 * docs/unattended.md, "In a container", as far as the kernel's own means go: a root that cannot be written, a volume, a
 * user that nobody knows, no HOME, and the key by each kind of mount. No container program is needed for it or tried.
 */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { canBePrivate, type PrivateMachine, privateMachine } from '../support/private-machine.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type Run } from '../support/tokenctl.ts'

const USER = '1234567'
const RENEW = [NODE, BIN, 'renew', '--all', '--due']

interface Container {
  readonly simulator: Simulator
  readonly machine: PrivateMachine
  /** The volume: its own folder is root's, as mounts are. */
  readonly volume: string
  /** Where secrets are mounted. */
  readonly secrets: string
}

/** Such a machine with a home on its volume; `mounts` lays the key, which is at `$KEY`, into `$SECRETS`. */
async function container(mounts: string): Promise<Container> {
  const simulator = await simulated([shop('ebay:main', 120, 547)])
  const home = await connectedHome(simulator)
  const [volume, secrets, key] = [temporaryHome(), temporaryHome(), join(temporaryHome(), 'key')]
  renameSync(join(home, 'vault.key'), key)
  const machine = await privateMachine()
  const set = `set -e
mount -t tmpfs -o mode=755 tmpfs ${volume}
mount -t tmpfs -o mode=755 tmpfs ${secrets}
mkdir -m 700 ${volume}/tokenctl
cp -a ${home}/. ${volume}/tokenctl/
chown -R ${USER}:${USER} ${volume}/tokenctl
KEY=${key}; SECRETS=${secrets}; USER=${USER}
${mounts}
mount -o remount,ro ${secrets}
mount -o remount,bind,ro /`
  expect(await machine.run(['sh', '-c', set])).toMatchObject({ status: 0, stderr: '' })
  return { simulator, machine, volume, secrets }
}

/** Runs a program there, with nothing in its environment but this. */
async function runIn(
  { machine, volume }: Container,
  env: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<Run> {
  const all = { PATH: '/usr/bin:/bin', TOKENCTL_HOME: join(volume, 'tokenctl'), ...env }
  const words = Object.entries(all).map(([name, value]) => `${name}=${value}`)
  const user = ['setpriv', '--reuid', USER, '--regid', USER, '--clear-groups']
  return await machine.run([...user, 'env', '-i', ...words, ...command])
}

describe.skipIf(!canBePrivate)('in a container', { timeout: 60_000 }, () => {
  test.each([
    ["the user's own file, mode 0400", 'install -m 400 -o $USER -g $USER $KEY $SECRETS/vault.key', 'file'],
    [
      "root's file, which the user's group may read, as a credential",
      'install -m 440 -o root -g $USER $KEY $SECRETS/tokenctl-key',
      'credential',
    ],
  ] as const)('the key is %s: it renews, and asks for nothing else', async (_, mounts, by) => {
    const there = await container(mounts)
    const env =
      by === 'file'
        ? { TOKENCTL_KEY_FILE: join(there.secrets, 'vault.key') }
        : { CREDENTIALS_DIRECTORY: there.secrets }
    const { status, stdout, stderr } = await runIn(there, env, RENEW)
    expect({ status, stdout, stderr }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^ebay:main: Renewed; /),
      stderr: '',
    })
    expect(there.simulator.accounts().map(each => each.refreshes)).toEqual([1])
  })

  test.each([
    [
      "root's file, mode 0444, as Docker lays it",
      'install -m 444 $KEY $SECRETS/vault.key',
      /belongs to another user \(uid 0, not 1234567\)/,
    ],
    [
      'a link, as Kubernetes lays it',
      'mkdir $SECRETS/..data; install -m 400 -o $USER $KEY $SECRETS/..data/vault.key; ln -s ..data/vault.key $SECRETS/vault.key',
      /is a symbolic link/,
    ],
    [
      "the user's own file, mode 0444",
      'install -m 444 -o $USER $KEY $SECRETS/vault.key',
      /can be read or written by others \(mode 0444\)/,
    ],
  ])('the key is %s: refused, in these words; copied first it goes', async (_, mounts, says) => {
    const there = await container(mounts)
    const key = join(there.secrets, 'vault.key')
    const refused = await runIn(there, { TOKENCTL_KEY_FILE: key }, RENEW)
    expect([refused.status, refused.stderr]).toEqual([5, expect.stringMatching(says)])
    const copy = `install -m 600 ${key} /dev/shm/vault-$$.key; trap "rm /dev/shm/vault-$$.key" EXIT; TOKENCTL_KEY_FILE=/dev/shm/vault-$$.key ${RENEW.join(' ')}`
    const { status, stdout } = await runIn(there, {}, ['sh', '-c', copy])
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^ebay:main: Renewed; /)])
    expect(there.simulator.accounts().map(each => each.refreshes)).toEqual([1])
  })

  test("the mount's own folder is no home", async () => {
    const there = await container('')
    const { status, stderr } = await runIn(there, { TOKENCTL_HOME: there.volume }, [
      NODE,
      BIN,
      'config',
      'set',
      'store',
      'file',
    ])
    expect([status, stderr]).toEqual([5, expect.stringMatching(/belongs to another user/)])
  })
})
