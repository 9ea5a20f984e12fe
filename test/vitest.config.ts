import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: 'test/support/postgres/run-folder.ts',
    restoreMocks: true,
    // Two workers: journeys start many processes, and more workers than cores only makes deadlines lie.
    maxWorkers: 2,
  },
})
