// `npm run proof`: the long proofs, which the default suite only takes a slice of. One file at a time, since each of
// them starts many processes itself; a proof says in its own text how long it takes.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/proof/**/*.proof.ts'],
    testTimeout: 12 * 3_600_000,
    hookTimeout: 600_000,
    globalSetup: 'test/support/postgres/run-folder.ts',
    fileParallelism: false,
    // What a proof prints on its way is for whoever waits, line by line as it comes.
    disableConsoleIntercept: true,
  },
})
