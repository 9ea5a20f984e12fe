// One bundle for the command line: CommonJS in lazy chunks, since a command then loads only its own parts and
// nothing resolves a bare package name at run time but the two native ones. Figures: docs/dependencies.md.
export default {
  input: { main: 'src/cli/main.ts', 'keychain-helper': 'src/vault/keychain-helper.ts' },
  platform: 'node',
  external: ['@napi-rs/keyring', 'fs-native-extensions'],
  transform: { target: 'node20' },
  output: {
    dir: 'dist',
    format: 'cjs',
    minify: true,
    cleanDir: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
  },
}
