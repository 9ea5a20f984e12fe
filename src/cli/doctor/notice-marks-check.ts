/** `notices.json`: what was told, and which hooks are owed a call. One that cannot be read stops both, or repeats them. */
import { isTokenctlError } from '../../errors.ts'
import { isNewerMarks, noticeMarksPath, requireNoticeMarks } from '../notices/notice-marks.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { looseOf } from './file-checks.ts'
import { problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** What it means for whoever depends on the file. */
const MEANS = {
  channels: { stops: 'no notice is sent', repeats: 'each notice may come once more' },
  hooks: {
    stops: 'no hook of a recovery is called',
    repeats: 'hooks of a recovery may be called once more, and those still owed a call are not',
  },
} as const

/** Whether it can be read, for channels or for hooks; nothing where it can. It is not set aside here. */
export function noticeMarksFindings(id: keyof typeof MEANS, ground: Ground): readonly Finding[] {
  const { world } = ground
  const where = noticeMarksPath(world)
  try {
    requireNoticeMarks(world)
    return []
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    const { stops, repeats } = MEANS[id]
    const { message, fix: mend, code } = error
    if (isNewerMarks(error))
      return [problem(id, `${message} Until tokenctl is updated ${stops}.`, { where, mend, code })]
    // What its own mode makes unreadable is told once, where modes are.
    if (looseOf(ground).some(({ path }) => message.startsWith(path))) return []
    return [
      warning(id, `${message} The next run sets it aside; then ${repeats}.`, {
        where,
        mend: 'Nothing has to be done, unless a backup of it can be put back before.',
      }),
    ]
  }
}
