/**
 * Whether a group of this machine is one user's alone: what it may write then is in no other hands. Read from the
 * system's own two files; a group that a directory service keeps is nobody's own, since its members are not known here.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../errors.ts'

const ROOTS_GROUP = 0

/**
 * Whether nobody is in the group but this user and root: root's group where its list has no other, or the user's private
 * one, which has the user's name and is no other user's first group. `folder` is where the two files are; what stands in a
 * file that is missing or closed is nobody's.
 *
 * @see passwd(5), group(5); useradd(8), USERGROUPS_ENAB, on private groups
 */
export function isOwnGroup(gid: number, uid: number, folder = '/etc'): boolean {
  const groups = rowsOf(join(folder, 'group')).filter(([, , number]) => Number(number) === gid)
  const users = rowsOf(join(folder, 'passwd'))
  const own = users.find(([, , number]) => Number(number) === uid)
  const name = own?.[0]
  const isOfTwo = (member: string) => member === '' || member === 'root' || member === name
  const hasNoOther = groups.every(([, , , members = '']) => members.split(',').every(isOfTwo))
  if (gid === ROOTS_GROUP) return hasNoOther
  // A user's first group does not list that user.
  const isAnothers = users.some(([, , number, first]) => Number(first) === gid && Number(number) !== uid)
  const hasOwnName = groups.length > 0 && groups.every(([group]) => group === name)
  return Number(own?.[3] ?? Number.NaN) === gid && hasOwnName && hasNoOther && !isAnothers
}

/** The fields of each line; comments and what NIS adds are none. */
function rowsOf(path: string): readonly (readonly string[])[] {
  const lines = textOf(path).split('\n')
  return lines.filter(line => /^[^#+-]/.test(line)).map(line => line.split(':'))
}

function textOf(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    // A container may have neither.
    if (systemCode(error) === undefined) throw error
    return ''
  }
}
