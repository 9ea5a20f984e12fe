/** Whether the programs that a person named for hooks, notices and deliveries may be run. None is run here. */
import type { CheckId, Finding } from '../shapes/doctor-shape.ts'
import { problem } from './findings.ts'
import type { Ground } from './ground.ts'

/** A program, who it is of as a sentence begins (`The hook 3 (after)`), and what to type once it cannot be mended. */
export interface NamedProgram {
  readonly path: string
  readonly whose: string
  readonly instead: string
}

/** Problems in the words that the call itself would end with: the same check as before each call. */
export async function programFileProblems(
  id: CheckId,
  programs: readonly NamedProgram[],
  { world }: Ground,
): Promise<readonly Finding[]> {
  if (programs.length === 0) return []
  const runner = await world.programs()
  return programs.flatMap(({ path, whose, instead }) => {
    const why = runner.problem(path)
    if (why === undefined) return []
    const mend = `Mend what it says, or ${instead}.`
    return [problem(id, `${whose} cannot be run: ${why}`, { where: path, mend })]
  })
}
