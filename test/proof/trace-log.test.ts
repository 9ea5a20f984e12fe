/** The reader of strace's log and what is made of it, on lines as strace writes them. */
import { describe, expect, test } from 'vitest'
import { arrivalOf, errorPoints, killPoints, locksTaken, strayCalls } from './points.ts'
import { readTrace } from './trace-log.ts'

const S = '/tmp/s'
const LINES = `openat(AT_FDCWD</work>, "${S}/home/config.json", O_RDONLY|O_CLOEXEC) = 18<${S}/home/config.json>
read(18<${S}/home/config.json>, "{"..., 8192) = 40
close(18<${S}/home/config.json>) = 0
fcntl(18<${S}/home/locks/a.lock>, F_OFD_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = 0
openat(AT_FDCWD</work>, "${S}/home/.a.sealed.0123456789abcdef.tmp", O_WRONLY|O_CREAT|O_EXCL, 0600) = 19<${S}/home/.a.sealed.0123456789abcdef.tmp>
write(17<anon_inode:[eventfd]>, "\\1\\0\\0\\0\\0\\0\\0\\0", 8) = 8
write(19<${S}/home/.a.sealed.0123456789abcdef.tmp>, "{\\"f"..., 98) = 98
rename("${S}/home/.a.sealed.0123456789abcdef.tmp", "${S}/home/a.sealed") = 0
socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 20<socket:[55]>
writev(20<socket:[55]>, [{iov_base="POST"..., iov_len=4}], 1) = 4
read(20<socket:[55]>, "HTTP/1.1 200 OK\\r"..., 65536) = 822
pwrite64(21<${S}/home/a.journal>, "x"..., 10, 0) = -1 ENOSPC (No space left on device) (INJECTED)
close(18<${S}/home/locks/a.lock>) = 0
write(1<pipe:[9]>, "done"..., 4) = 4
fsync(19<${S}/home> <unfinished ...>
+++ killed by SIGKILL +++
`

const roles = (calls: readonly { readonly role: string }[]) => calls.map(({ role }) => role)

describe('one thread', () => {
  const calls = readTrace(LINES)

  test('each call has its number among those of its name, its result, and what it is done to', () => {
    expect(
      calls.filter(call => call.name === 'write').map(({ nth, on, result }) => [nth, on, result]),
    ).toEqual([
      [1, 'anon_inode:[eventfd]', 8],
      [2, `${S}/home/.a.sealed.0123456789abcdef.tmp`, 98],
      [3, 'pipe:[9]', 4],
    ])
    expect(calls.at(-1)).toMatchObject({ name: 'fsync', on: `${S}/home`, result: null })
    expect(calls.find(call => call.isInjected)).toMatchObject({ name: 'pwrite64', result: -1 })
  })

  test('the points are what changes something between lock and unlock', () => {
    expect(locksTaken(calls)).toEqual([{ path: `${S}/home/locks/a.lock`, at: 3 }])
    expect(roles(killPoints(calls, S))).toEqual([
      'fcntl /home/locks/a.lock',
      'openat /home/.a.sealed.*.tmp',
      'write /home/.a.sealed.*.tmp',
      'rename /home/.a.sealed.*.tmp → /home/a.sealed',
      'writev socket',
      'read socket',
      'pwrite64 /home/a.journal',
      'close /home/locks/a.lock',
    ])
    expect(roles(errorPoints(calls, S))).toEqual([
      'openat /home/.a.sealed.*.tmp',
      'write /home/.a.sealed.*.tmp',
      'rename /home/.a.sealed.*.tmp → /home/a.sealed',
      'pwrite64 /home/a.journal',
    ])
  })

  test('the answer arrived, and a write that failed has not written it', () => {
    expect(arrivalOf(calls, S)).toEqual({ bytes: 822, isWritten: false })
    const written = readTrace(LINES.replace(/-1 ENOSPC.*/, '10'))
    expect(arrivalOf(written, S)).toEqual({ bytes: 822, isWritten: true })
    const asked = LINES.replace(
      /-1 ENOSPC.*/,
      `10
writev(20<socket:[55]>, [{iov_base="GET"..., iov_len=3}], 1) = 3
read(20<socket:[55]>, "HTTP/1.1 200 OK\\r"..., 65536) = 300`,
    )
    expect(arrivalOf(readTrace(asked), S)).toEqual({ bytes: 822, isWritten: true })
  })
})

describe('several threads', () => {
  const calls = readTrace(`10 fcntl(18<${S}/a.lock>, F_OFD_SETLK, {l_type=F_WRLCK}) = 0
11 write(5<${S}/b> <unfinished ...>
10 write(19<${S}/a>, "x", 1) = 1
11 <... write resumed>, "y", 1) = 1
11 sendmsg(22<socket:[7]>, {msg_name=NULL}, MSG_NOSIGNAL) = 12
10 close(18<${S}/a.lock>) = 0
`)

  test('each counts for itself, and a call that was cut in two is one', () => {
    expect(calls.map(({ thread, name, nth, result }) => [thread, name, nth, result])).toEqual([
      [10, 'fcntl', 1, 0],
      [11, 'write', 1, 1],
      [10, 'write', 1, 1],
      [11, 'sendmsg', 1, 12],
      [10, 'close', 1, 0],
    ])
  })

  test('what another thread does to a file is told apart', () => {
    expect(roles(killPoints(calls, S))).toEqual(['fcntl /a.lock', 'write /a', 'close /a.lock'])
    expect(strayCalls(calls, S).map(({ on }) => on)).toEqual([`${S}/b`])
  })
})
