// One bundle for the command line: CommonJS in lazy chunks, since a command then loads only its own parts and
// nothing resolves a bare package name at run time but the two native ones. Figures: docs/dependencies.md.
import { fileURLToPath } from 'node:url'
import { thirdPartyNotices } from '../.ci/third-party-notices.js'

// Every chunk costs a start some 0.4 ms however small it is, so what `status` needs is one chunk. Not in it: what the
// entry itself imports (`errors.ts`, or `--version` would load all of this), and what a listing never does (sealing,
// sending, asking). `test/package.test.ts` names what a command may load.
const STATUS = new RegExp(
  [
    'src/(settings|tokens/(account|time|token-set|quote)|marketplaces/(registry|ids|[a-z]+/index))\\.ts',
    'src/platform/(files|file-problems|folders|clock|interrupt)\\.ts',
    'src/vault/(open|marker|open-store|vault|records|record-file|file|secret-store)\\.ts',
    'src/renewal/(assess|policy|plan)\\.ts',
    'src/cli/(world|rules|selection|exit|status-findings|status-report)\\.ts',
    'src/cli/commands/(status|connect)\\.ts',
    'src/cli/render/(?!error|renew|account-result)',
    'node_modules/(zod|date-fns|@date-fns|env-paths|is-safe-filename)/',
  ].join('|'),
)

export default {
  input: { main: 'src/cli/main.ts', 'keychain-helper': 'src/vault/keychain-helper.ts' },
  platform: 'node',
  external: ['@napi-rs/keyring', 'fs-native-extensions'],
  transform: { target: 'node20' },
  plugins: [
    thirdPartyNotices({ runtime: fileURLToPath(new URL('../node_modules/rolldown', import.meta.url)) }),
  ],
  output: {
    dir: 'dist',
    format: 'cjs',
    minify: true,
    cleanDir: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: 'status', test: STATUS }],
    },
  },
}
