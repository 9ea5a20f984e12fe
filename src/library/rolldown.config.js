// The library and the suites for those who write a store or a marketplace: ES modules side by side, since both must share
// one `Secret`, and since vitest cannot be required. They stand apart from the command line's bundle, which is CommonJS for
// the sake of its start.
import { fileURLToPath } from 'node:url'
import { moduleReport } from '../../.ci/module-report.js'
import { PG_IN_NODE } from '../../.ci/pg-in-node.js'
import { sharedPackages } from '../../.ci/shared-packages.js'
import { thirdPartyNotices } from '../../.ci/third-party-notices.js'

export default {
  input: { index: 'src/index.ts', contracts: 'test/contracts/index.ts' },
  platform: 'node',
  logLevel: 'silent',
  external: ['@napi-rs/keyring', 'fs-native-extensions', 'vitest', 'fast-check'],
  transform: { target: 'node20', define: PG_IN_NODE },
  plugins: [
    sharedPackages(),
    thirdPartyNotices({ runtime: fileURLToPath(new URL('../../node_modules/rolldown', import.meta.url)) }),
    moduleReport(),
  ],
  output: {
    dir: 'dist/library',
    format: 'es',
    minify: true,
    entryFileNames: '[name].js',
    // All in one folder: the keychain's helper is looked for above it, whichever file asks.
    chunkFileNames: '[name]-[hash].js',
  },
}
