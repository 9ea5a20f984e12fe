// One bundle for the command line: CommonJS in lazy chunks, since a command then loads only its own parts and
// nothing resolves a bare package name at run time but the two native ones. Figures: docs/dependencies.md.
import { fileURLToPath } from 'node:url'
import { thirdPartyNotices } from '../.ci/third-party-notices.js'

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
  },
}
