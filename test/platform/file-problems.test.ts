/** What is wrong with a file, a folder or a write: facts in, one sentence and its mend out. */
import { type Stats, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { folderProblem, privateProblem, readFailed, writeFailed } from '../../src/platform/file-problems.ts'

const [FILE, FOLDER, LINK, SOCKET] = [0o100000, 0o040000, 0o120000, 0o140000]
/** A real `Stats` with these facts: its questions (`isFile`, …) go by the mode. */
function facts(more: { mode: number; uid?: number; nlink?: number }): Stats {
  return Object.assign(statSync('.'), { uid: 1000, nlink: 1, ...more })
}
const failed = (code?: string) => Object.assign(new Error('secret'), code === undefined ? {} : { code })

describe('a private file', () => {
  const table: [
    what: string,
    stat: Stats,
    owner: 'self' | 'system',
    says: RegExp | undefined,
    fix: RegExp,
  ][] = [
    ['ours alone', facts({ mode: FILE | 0o600 }), 'self', undefined, /./],
    ['ours alone, and not even for writing', facts({ mode: FILE | 0o400 }), 'self', undefined, /./],
    ['a folder', facts({ mode: FOLDER | 0o700 }), 'self', /^\/f is a folder, not a file\.$/, /name the file/],
    ['a socket', facts({ mode: SOCKET | 0o600 }), 'self', /^\/f is not a regular file\.$/, /regular file/],
    [
      'of another user',
      facts({ mode: FILE | 0o600, uid: 7 }),
      'self',
      /^\/f belongs to another user \(uid 7, not 1000\)\.$/,
      /own the copy/,
    ],
    ['of root', facts({ mode: FILE | 0o600, uid: 0 }), 'self', /uid 0, not 1000/, /own the copy/],
    [
      'of root, as a service manager hands it out',
      facts({ mode: FILE | 0o440, uid: 0 }),
      'system',
      undefined,
      /./,
    ],
    [
      'of root, and open to all',
      facts({ mode: FILE | 0o444, uid: 0 }),
      'system',
      /^\/f can be read or written by others \(mode 0444\)\.$/,
      /`chmod 600 \/f`.*replace the secret/,
    ],
    [
      'of another, where root may own it',
      facts({ mode: FILE | 0o600, uid: 7 }),
      'system',
      /uid 7/,
      /own the copy/,
    ],
    ['ours, where root may own it', facts({ mode: FILE | 0o640 }), 'system', /mode 0640/, /chmod 600/],
    ['for the group', facts({ mode: FILE | 0o610 }), 'self', /mode 0610/, /chmod 600/],
    ['for others', facts({ mode: FILE | 0o4602 }), 'self', /mode 4602/, /chmod 600/],
    [
      'under two names',
      facts({ mode: FILE | 0o600, nlink: 2 }),
      'self',
      /^\/f has 2 names \(hard links\), so others may hold it too\.$/,
      /`cp -p \/f \/f\.new && mv \/f\.new \/f`/,
    ],
    ['without a name any more', facts({ mode: FILE | 0o600, nlink: 0 }), 'self', /0 names/, /cp -p/],
  ]
  it.each(table)('%s', (_, stat, owner, says, fix) => {
    const problem = privateProblem('/f', stat, 1000, owner, 'VAULT_UNAVAILABLE')
    if (says === undefined) return expect(problem).toBeUndefined()
    expect(problem).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(problem?.message).toMatch(says)
    expect(problem?.fix).toMatch(fix)
  })

  it('is asked only what its system knows', () => {
    const of = (stat: Stats) => privateProblem('/f', stat, undefined, 'self', 'RECORD_UNREADABLE')
    expect(of(facts({ mode: FILE | 0o666, uid: 0, nlink: 3 }))).toBeUndefined()
    expect(of(facts({ mode: FOLDER | 0o700 }))).toMatchObject({ code: 'RECORD_UNREADABLE' })
  })

  it.each([
    ['/home/a-b/x_1.@+:y', '/home/a-b/x_1.@+:y'],
    ['/my shop', "'/my shop'"],
    ["/o'neill", "'/o'\\''neill'"],
    ['/a;rm', "'/a;rm'"],
    ['/a\n', "'/a\n'"],
  ])('has a mend that a shell takes: %j', (path, quoted) => {
    const problem = privateProblem(path, facts({ mode: FILE | 0o644 }), 1000, 'self', 'RECORD_UNREADABLE')
    expect(problem?.fix).toContain(`\`chmod 600 ${quoted}\``)
  })
})

describe('a private folder', () => {
  const table: [what: string, stat: Stats, says: RegExp | undefined, fix: RegExp][] = [
    ['ours alone', facts({ mode: FOLDER | 0o700 }), undefined, /./],
    [
      'a link',
      facts({ mode: LINK | 0o777 }),
      /^\/f is a symbolic link, not a folder of its own\.$/,
      /not followed/,
    ],
    ['a file', facts({ mode: FILE | 0o600 }), /^\/f is not a folder\.$/, /Move it away/],
    [
      'of another user',
      facts({ mode: FOLDER | 0o700, uid: 0 }),
      /^\/f belongs to another user \(uid 0, not 1000\)\.$/,
      /TOKENCTL_HOME/,
    ],
    [
      'for the group',
      facts({ mode: FOLDER | 0o710 }),
      /^\/f is open to others \(mode 0710\)\.$/,
      /`chmod 700 \/f`/,
    ],
    ['for others', facts({ mode: FOLDER | 0o701 }), /mode 0701/, /chmod 700/],
  ]
  it.each(table)('%s', (_, stat, says, fix) => {
    const problem = folderProblem('/f', stat, 1000)
    if (says === undefined) return expect(problem).toBeUndefined()
    expect(problem).toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(problem?.message).toMatch(says)
    expect(problem?.fix).toMatch(fix)
  })

  it('is asked only what its system knows', () => {
    expect(folderProblem('/f', facts({ mode: FOLDER | 0o777, uid: 0 }), undefined)).toBeUndefined()
    expect(folderProblem('/f', facts({ mode: LINK | 0o777 }), undefined)).toBeDefined()
  })
})

describe('what the system would not let us read', () => {
  it.each<[string | undefined, RegExp, RegExp]>([
    ['ELOOP', /^\/f is a symbolic link\.$/, /Put the real file there/],
    ['EACCES', /^\/f may not be read by this user\.$/, /user who owns it/],
    ['EPERM', /^\/f may not be read by this user\.$/, /user who owns it/],
    ['EIO', /^\/f cannot be read: the disk reported an error\.$/, /Restore/],
    ['EWHATEVER', /^\/f cannot be read: EWHATEVER\.$/, /Restore/],
    [undefined, /^\/f cannot be read: unknown error\.$/, /Restore/],
  ])('%s', (code, says, fix) => {
    const cause = failed(code)
    const problem = readFailed('/f', cause, 'RECORD_UNREADABLE')
    expect(problem).toMatchObject({ code: 'RECORD_UNREADABLE', cause })
    expect(problem.message).toMatch(says)
    expect(problem.fix).toMatch(fix)
  })
})

describe('what the system would not let us write', () => {
  it.each<[string, RegExp, RegExp]>([
    ['ENOSPC', /the disk is full/, /space/],
    ['EDQUOT', /quota/, /space/],
    ['EROFS', /read-only/, /TOKENCTL_HOME/],
    ['EACCES', /may not write/, /modes/],
    ['EPERM', /may not write/, /modes/],
    ['EIO', /disk reported an error/, /cable/],
    ['EMFILE', /in this process/, /ulimit/],
    ['ENFILE', /on this machine/, /Close some programs/],
    ['ENOENT', /folder is gone/, /Restore the folder/],
    ['ENOTDIR', /not a folder/, /Move that file/],
    ['ENAMETOOLONG', /too long/, /shorter path/],
    ['EISDIR', /a folder is in its place/, /Move the folder away/],
  ])('has words and a mend of its own: %s', (code, says, fix) => {
    const cause = failed(code)
    const problem = writeFailed('/f', cause)
    expect(problem).toMatchObject({ code: 'WRITE_FAILED', cause })
    expect(problem.message).toMatch(/^\/f could not be written: .+\.$/)
    expect(problem.message).toMatch(says)
    expect(problem.fix).toMatch(fix)
  })

  it.each([
    ['EWHATEVER', failed('EWHATEVER')],
    ['unknown error', failed()],
  ])('is told by what is known of it: %s', (words, cause) => {
    const problem = writeFailed('/f', cause)
    expect(problem.message).toBe(`/f could not be written: ${words}.`)
    expect(problem.fix).toMatch(/Free space/)
  })

  it('stays what it is where it has been told before', () => {
    const told = new TokenctlError('VAULT_LOCKED', 'locked')
    expect(writeFailed('/f', told)).toBe(told)
  })
})
