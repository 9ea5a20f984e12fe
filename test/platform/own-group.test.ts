/** Whose a group is, by tables of users and groups as machines have them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOwnGroup } from '../../src/platform/own-group.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const USERS = `# a comment
root:x:0:0:root:/root:/bin/sh
sync:x:5:0:sync:/sbin:/bin/sync
anna:x:1000:1000:Anna:/home/anna:/bin/sh
ben:x:1001:1001::/home/ben:/bin/sh
cleo:x:1002:100::/home/cleo:/bin/sh
dora:x:1003:1003::/home/dora:/bin/sh
eve:x:1004:1003::/home/eve:/bin/sh
frey:x:1005:1005::/home/frey:/bin/sh
+::::::
`
const GROUPS = `root:x:0:
users:x:100:
shop:x:200:anna
anna:x:1000:
ben:x:1001:ben,anna
dora:x:1003:dora
+:::
`

function machine(groups = GROUPS): string {
  const folder = temporaryHome()
  writeFileSync(join(folder, 'passwd'), USERS)
  writeFileSync(join(folder, 'group'), groups)
  return folder
}

test.each<[string, number, number, boolean]>([
  ['her private one', 1000, 1000, true],
  ['root’s', 0, 1000, true],
  ['root’s, of root', 0, 0, true],
  ['one that lists her alone, but is not hers', 200, 1000, false],
  ['another’s private one', 1001, 1000, false],
  ['his own, with another in it', 1001, 1001, false],
  ['the group that all users begin with', 100, 1002, false],
  ['her own, which another user begins with', 1003, 1003, false],
  ['one that only a directory service knows', 1005, 1005, false],
  ['a group of a user whom nobody knows', 2000, 2000, false],
])('%s', (_, gid, uid, isOwn) => {
  expect(isOwnGroup(gid, uid, machine())).toBe(isOwn)
})

test('root’s group with another in it is that one’s, too', () => {
  const folder = machine(GROUPS.replace('root:x:0:', 'wheel:x:0:root,ben'))
  expect(isOwnGroup(0, 1000, folder)).toBe(false)
  expect(isOwnGroup(0, 1001, folder)).toBe(true)
})

test('a private group that has a second name counts its members, too', () => {
  expect(isOwnGroup(1000, 1000, machine(`${GROUPS}also:x:1000:ben\n`))).toBe(false)
})

test('on a machine without such files no group is a user’s own', () => {
  expect(isOwnGroup(1000, 1000, temporaryHome())).toBe(false)
})
