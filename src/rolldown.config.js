// One bundle for the command line: CommonJS in lazy chunks, since a command then loads only its own parts and
// nothing resolves a bare package name at run time but the two native ones. Figures: docs/dependencies.md.
import { fileURLToPath } from 'node:url'
import { ascii } from '../.ci/ascii.js'
import { lazyBuiltins } from '../.ci/lazy-builtins.js'
import { lightInterop } from '../.ci/light-interop.js'
import { moduleReport } from '../.ci/module-report.js'
import { PG_IN_NODE } from '../.ci/pg-in-node.js'
import { putOff } from '../.ci/put-off.js'
import { SHARED_ENTRIES } from '../.ci/shared-packages.js'
import { thirdPartyNotices } from '../.ci/third-party-notices.js'
import { CHUNKS } from './chunks.js'

const named = what => CHUNKS.filter(chunk => chunk[what]).map(({ name }) => name)

export default {
  input: {
    main: 'src/cli/main.ts',
    'keychain-helper': 'src/vault/keychain-helper.ts',
    'browser-helper': 'src/platform/browser-helper.ts',
    ...SHARED_ENTRIES,
  },
  platform: 'node',
  logLevel: 'silent',
  external: ['@napi-rs/keyring', 'fs-native-extensions'],
  transform: { target: 'node20', define: PG_IN_NODE },
  plugins: [
    lightInterop({ chunks: ['main', ...named('early')] }),
    lazyBuiltins({ chunks: named('early') }),
    putOff({ chunks: ['rolldown-runtime', ...named('lazy')] }),
    ascii(),
    thirdPartyNotices({ runtime: fileURLToPath(new URL('../node_modules/rolldown', import.meta.url)) }),
    moduleReport(),
  ],
  output: {
    dir: 'dist',
    format: 'cjs',
    // A package that is one object stays below `default`, as those who import it were told.
    exports: 'named',
    minify: true,
    cleanDir: true,
    // What stays outside is required when it is needed. Kept as `import()` it would start the ES module loader, which
    // reads a CommonJS package through a second time: 30 ms for the keychain's, 9 for the locks'.
    dynamicImportInCjs: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: {
      groups: CHUNKS.map(({ name, test, whole = false, priority = 2 }) => ({
        name,
        test,
        priority,
        includeDependenciesRecursively: whole,
      })),
    },
  },
}
