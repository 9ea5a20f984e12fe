/** The hooks: whether `hooks.json` can be followed, and whether their programs may be run. */
import { isTokenctlError } from '../../errors.ts'
import { type Hook, hookPath, parseHooks } from '../notices/hook-file.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped } from './findings.ts'
import type { Ground } from './ground.ts'
import { noticeMarksFindings } from './notice-marks-check.ts'
import { programFileProblems } from './program-file-check.ts'

/** The findings on hooks. */
export async function hookChecks(ground: Ground): Promise<readonly Finding[]> {
  const { world } = ground
  const path = hookPath(world)
  let hooks: readonly Hook[]
  try {
    hooks = parseHooks(world.hookText(), path).hooks
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [problem('hooks', error, { where: path })]
  }
  if (hooks.length === 0) return [skipped('hooks', 'There is none.')]
  const programs = await programFileProblems(
    'hooks',
    hooks.map(({ id, when, command: [program = ''] }) => ({
      path: program,
      whose: `The hook ${id} (${when})`,
      instead: `\`tokenctl hooks remove ${id}\``,
    })),
    ground,
  )
  const isOwed = hooks.some(({ when }) => when !== 'before')
  const wrong = [...programs, ...(isOwed ? noticeMarksFindings('hooks', ground) : [])]
  if (wrong.length > 0) return wrong
  const count = hooks.length === 1 ? '1 hook' : `${hooks.length} hooks`
  return [ok('hooks', `${count}, whose program${hooks.length === 1 ? '' : 's'} may be run.`, path)]
}
