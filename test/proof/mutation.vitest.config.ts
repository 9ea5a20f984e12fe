/** The tests of one part of the mutation run: the suite's own settings, and of its files those that are named. */
import { defineConfig } from 'vitest/config'
import suite from '../vitest.config.ts'

// Not Stryker's own `testFiles`: with it, version 10.1.1 puts mutants of module level in place after the module ran,
// so that all of them survive.
const include: string[] = JSON.parse(process.env['PROOF_MUTATION_TESTS'] ?? '[]')

export default defineConfig({ test: { ...suite.test, include } })
