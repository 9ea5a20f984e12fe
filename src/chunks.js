// Into which files the bundle of the command line is divided. Every file costs a start some 0.4 ms however small it is, and
// every function in it a part of the compiling: so what is needed together stands together, and what a good start does not
// come to stands apart. What is in none of these becomes a file for each place that imports it. What each command loads is
// listed by `test/modules-loaded.test.ts`; figures: docs/performance.md.

/** The ends of paths, `|` between those of one folder. */
const sources = (...paths) => new RegExp(paths.map(path => `src/${path}\\.ts$`).join('|'))
const either = (...patterns) => new RegExp(patterns.map(({ source }) => source).join('|'))

/**
 * `name`: the file's, before its hash. `test`: which modules are in it. `lazy`: it is loaded by the first use of something in it
 * (`.ci/put-off.js`), though sources import it like any other; else with whatever imports it. `early`: it is loaded by most
 * starts, so what the bundler puts between modules is made light (`.ci/light-interop.js`). `whole`: with all that its modules import.
 */
export const CHUNKS = [
  // What the entry imports and others too: else `--version` would load all of `status` with it.
  {
    name: 'base',
    test: either(/rolldown\/runtime/, sources('errors', 'platform/private-folder')),
    early: true,
    whole: true,
  },
  // All that a good `status` comes to.
  {
    name: 'status',
    test: sources(
      'cli/(world|commands/status|render/(status|table|plain|json|colour))',
      'vault/(open|open-store|vault|file)',
    ),
    early: true,
    whole: true,
    priority: 1,
  },
  // What those import and do not come to: what only writes, what only finds faults. Whatever stores an answer is in it, or in
  // `shapes`: the journal, which is written before a request, loads both, so that no run finds out with a token in its hands that
  // its own files were replaced meanwhile.
  {
    name: 'later',
    test: either(
      sources(
        'platform/(durable-write|interrupt|random-hex)',
        'vault/(lost-state|save-checks|first-store|record-key|key-choice|keychain-(bus|faults))',
        'renewal/(back-off|preconditions)',
        '(marketplaces/nearest|tokens/same-secret|cli/closest-name)',
      ),
      /node_modules\/fastest-levenshtein\//,
    ),
    lazy: true,
    early: true,
  },
  // What records, settings and answers are held against where they are not as this version writes them.
  {
    name: 'shapes',
    test: either(/node_modules\/zod/, sources('vault/[a-z-]+-shapes?', 'vault/channel-header')),
    lazy: true,
  },
  {
    name: 'manifests',
    test: /src\/marketplaces\/(manifest\/(adapter|address|manifest|shipped)\.ts|manifests\/)/,
    lazy: true,
  },
  // The keychain store, of which `status` reads header files alone.
  {
    name: 'keychain',
    test: sources('vault/(header-files|keychain(-(index|items|key|rebuild|records))?)'),
    early: true,
  },
  // What parses a line that is not plain (`cli/plain-line.ts`), with the words of `status`; and those of all others.
  {
    name: 'line',
    test: either(/node_modules\/commander/, sources('cli/(outline|program|syntax/(options|status))')),
    lazy: true,
    early: true,
  },
  { name: 'words', test: /src\/cli\/syntax\/(?!options|status)/, early: true },
  // A few lines each, and nearly every command but `status` takes most of them.
  {
    name: 'cli',
    test: sources(
      'tokens/secret',
      'cli/(finding|state-note|under-lock|writing|noting/history|render/(account-result|error|fold))',
    ),
    early: true,
  },
  // What a renewal is made of: records that are opened, requests, what holds the two together, and the command.
  {
    name: 'opening',
    test: either(
      /node_modules\/@noble\/ciphers/,
      sources('vault/(envelope|journal|parts|record-secrets|xchacha)', 'platform/file-lock'),
    ),
  },
  {
    name: 'asking',
    test: sources(
      'platform/(http|http-rules|network-failure|proxy)',
      'oauth/(client-auth|error-reply|form|json-reply|oauth-errors|refresh-grant|retry-after|token-fields|token-request)',
      'oauth/vendor-text',
      'marketplaces/(app-key|plain-refresh)',
    ),
  },
  {
    name: 'renewing',
    test: sources(
      'renewal/(brought-record|consent-record|cut-json|gap|judge|kept-answers|lost-mark|merged|plan|presentation|question)',
      'renewal/(recover|renew-all|renew-one|seller|send|store-issued)',
      'tokens/(replace|seller)',
      'cli/(delivery/deliver-renewed|renewing/(fleet-quota|renewing))',
    ),
    early: true,
  },
  {
    name: 'renew',
    test: sources('cli/(commands/renew|render/renew|renewing/(help-person|renew-dry-run|result-exit))'),
    early: true,
  },
  { name: 'scheduled', test: sources('cli/schedules/(check-request|run-note)') },
]
