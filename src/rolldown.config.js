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

// Every chunk costs a start some 0.4 ms however small it is, so what `status` imports, at once or on its way, is one
// chunk with all that those modules import in turn. What the entry imports and other chunks too stands apart: `--version`
// would load everything else with it.
// The words of every command but `status`, whose own are in the entry: help needs all of them.
const WORDS = /src\/cli\/syntax\/(?!options|status)/
const BASE = /rolldown\/runtime|src\/(errors|platform\/private-folder)\.ts/
// What parses a line that is not plain (`cli/plain-line.ts`), with the words of `status`.
const LINE = /node_modules\/commander|src\/cli\/(outline|program|syntax\/(options|status))\.ts/
const STATUS = new RegExp(
  [
    'src/cli/(world|commands/status|render/(status|table|plain|json|colour))\\.ts',
    'src/vault/(open|open-store|vault|file)\\.ts',
  ].join('|'),
)
// What those modules import and a good start of `status` does not come to: loaded at its first use (`.ci/put-off.js`). What
// follows a request is needed before it, too, since the journal is written by `durable-write` and shaped by zod: no run
// finds out with a token in its hands that its own files were replaced meanwhile.
const LATER = new RegExp(
  [
    'src/platform/(durable-write|interrupt|random-hex)\\.ts',
    'src/vault/(lost-state|save-checks|first-store|record-key|key-choice|keychain-(bus|faults))\\.ts',
    'src/renewal/(back-off|preconditions)\\.ts',
    'src/(marketplaces/nearest|tokens/same-secret|cli/closest-name)\\.ts',
    'node_modules/fastest-levenshtein/',
  ].join('|'),
)
// The keychain store, of which `status` reads header files alone.
const KEYCHAIN = /src\/vault\/(header-files|keychain(-(index|items|key|rebuild|records))?)\.ts$/
// What a renewal is made of, as three files and not thirty: records that are opened, requests, and what holds the two together.
const OPENING =
  /node_modules\/@noble\/ciphers|src\/(vault\/(envelope|journal|parts|record-secrets|xchacha)|platform\/file-lock)\.ts$/
const ASKING = new RegExp(
  [
    'src/platform/(http|http-rules|network-failure|proxy)\\.ts',
    'src/oauth/(client-auth|error-reply|form|json-reply|oauth-errors|refresh-grant|retry-after|token-fields|token-request|vendor-text)\\.ts',
    'src/marketplaces/(app-key|plain-refresh)\\.ts',
  ].join('|'),
)
const RENEWING = new RegExp(
  [
    'src/renewal/(brought-record|consent-record|cut-json|gap|judge|kept-answers|lost-mark|merged|plan|presentation|question)\\.ts',
    'src/renewal/(recover|renew-all|renew-one|seller|send|store-issued)\\.ts',
    'src/tokens/(replace|seller)\\.ts',
    'src/cli/(delivery/deliver-renewed|renewing/(fleet-quota|renewing))\\.ts',
  ].join('|'),
)
const RENEW =
  /src\/cli\/(commands\/renew|render\/renew|renewing\/(help-person|renew-dry-run|result-exit))\.ts$/
const SCHEDULED = /src\/cli\/schedules\/(check-request|run-note)\.ts$/
// A few lines each, and nearly every command but `status` takes most of them.
const CLI =
  /src\/(tokens\/secret|cli\/(finding|state-note|under-lock|writing|noting\/history|render\/(account-result|error|fold)))\.ts$/
const MANIFESTS = /src\/marketplaces\/(manifest\/(adapter|address|manifest|shipped)\.ts|manifests\/)/
const SHAPES = /node_modules\/zod|src\/vault\/([a-z-]+-shapes?|channel-header)\.ts$/

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
    lightInterop({
      chunks: ['base', 'cli', 'keychain', 'later', 'line', 'main', 'renew', 'renewing', 'status', 'words'],
    }),
    lazyBuiltins({ chunks: ['cli', 'later', 'line', 'status'] }),
    putOff({ chunks: ['later', 'line', 'manifests', 'rolldown-runtime', 'shapes'] }),
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
      groups: [
        { name: 'base', test: BASE, priority: 2 },
        { name: 'line', test: LINE, priority: 2, includeDependenciesRecursively: false },
        { name: 'words', test: WORDS, priority: 2, includeDependenciesRecursively: false },
        { name: 'later', test: LATER, priority: 2, includeDependenciesRecursively: false },
        { name: 'manifests', test: MANIFESTS, priority: 2, includeDependenciesRecursively: false },
        { name: 'keychain', test: KEYCHAIN, priority: 2, includeDependenciesRecursively: false },
        { name: 'opening', test: OPENING, priority: 2, includeDependenciesRecursively: false },
        { name: 'asking', test: ASKING, priority: 2, includeDependenciesRecursively: false },
        { name: 'renewing', test: RENEWING, priority: 2, includeDependenciesRecursively: false },
        { name: 'scheduled', test: SCHEDULED, priority: 2, includeDependenciesRecursively: false },
        { name: 'cli', test: CLI, priority: 2, includeDependenciesRecursively: false },
        { name: 'renew', test: RENEW, priority: 2, includeDependenciesRecursively: false },
        { name: 'shapes', test: SHAPES, priority: 2, includeDependenciesRecursively: false },
        { name: 'status', test: STATUS, priority: 1 },
      ],
    },
  },
}
