/**
 * Programs of the machine that a test needs. Where one is missing the test is left out and says so; in CI it must be
 * there, so that nothing is left out unseen.
 */
import { spawnSync } from 'node:child_process'

/** Whether there is such a program, by its name or its path. @throws in CI, where there must be. */
export function hasProgram(name: string): boolean {
  if (spawnSync('sh', ['-c', 'command -v "$0"', name]).status === 0) return true
  if (process.env['CI'] !== 'true') return false
  throw new Error(`${name} must be installed in CI, or its tests would be left out: .ci/run installs it.`)
}

/**
 * A Python that has such a module: the first on the PATH, or Debian's own, whose packages another Python does not see.
 *
 * @throws in CI, where there must be one.
 */
export function pythonWith(module: string): string | undefined {
  const has = (python: string) => spawnSync(python, ['-c', `import ${module}`]).status === 0
  const found = ['python3', '/usr/bin/python3'].find(has)
  if (found !== undefined || process.env['CI'] !== 'true') return found
  throw new Error(
    `Python's ${module} must be installed in CI, or its tests would be left out: .ci/run installs it.`,
  )
}
