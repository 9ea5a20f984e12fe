/**
 * What comes together in what commands load, by what it is for. A name is one of the bundle's files (`src/chunks.js`; what is
 * not named there, by the source that it begins with), a package (`npm:`), or what Node has built in.
 */
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { HomeName } from './homes.ts'

/** A command's row. */
export type Row = readonly [
  /** What is typed; `PROGRAM` stands for a program that does nothing. */
  line: string,
  home: HomeName,
  /** The most that the bundle's files may weigh, in KiB: what is added to a file is paid for as a new one is. */
  kibibytes: number,
  /** Everything that it loads: a name, or several with spaces between. What is named twice counts once. */
  loads: readonly string[],
  more?: RowOptions,
]

export interface RowOptions {
  /** What comes on standard input. */
  readonly input?: string | ((simulator: Simulator) => string)
  /** The exit statuses that it may end with; 0 when left out. */
  readonly ends?: readonly number[]
}

/** The entry, and what Node has loaded already, or as good as: all that `--version` takes. */
export const ENTRY = ['base main node:fs node:os node:path']
/** A line that is not read by hand. */
const LINE = ['line npm:commander node:events node:process']
/** The general help. */
export const HELP = [...ENTRY, ...LINE]
/** `status`: settings and records that are as this version writes them, and when they end. */
export const STATUS = [
  ...ENTRY,
  'status npm:@date-fns/utc npm:date-fns npm:env-paths npm:is-safe-filename node:buffer node:process',
]
/** `status` with what is not read by hand. */
export const STATUS_LINE = [...STATUS, ...LINE]
/** Every other command. */
export const COMMAND = [...STATUS_LINE, 'words']

/** What is not as this version writes it, or comes from elsewhere. */
export const SHAPES = ['shapes npm:zod/v4/core npm:zod/v4/mini']
/** What a good `status` does not come to. */
export const LATER = ['later npm:fastest-levenshtein']
/** A record that is opened. */
export const OPENING = ['opening npm:@noble/ciphers node:crypto']
/** A lock of the kernel's. */
export const LOCKS = [
  'npm:fs-native-extensions npm:require-addon npm:which-runtime node:url',
  'npm:bare-addon-resolve npm:bare-module-resolve npm:bare-semver',
]
/** A lock, and a record or a file that is written under it. */
export const WRITING = [...SHAPES, ...LATER, ...OPENING, ...LOCKS, 'cli rolldown-runtime']
/** The same, and noted in the history. */
export const NOTED = [...WRITING, 'line-log']

/** What judges accounts for a renewal. */
export const JUDGING = [...SHAPES, ...LATER, 'cli renewing rolldown-runtime']
/** What renews, as far as it goes before anybody is asked. */
export const RENEWING = [...JUDGING, 'asking node:crypto']
/** `renew`, likewise. */
export const RENEW = [...COMMAND, ...RENEWING, 'renew scheduled track']
/** A marketplace that is asked: by the `fetch` that Node has, and no undici of ours. Its own file comes on top. */
export const ASKED = [...NOTED, 'asking authorization-code globalThis.fetch']
export const EBAY = 'marketplaces/ebay/wire'
export const AMAZON = 'marketplaces/amazon/wire'
export const ALIEXPRESS = 'marketplaces/aliexpress/wire'
/** Many connections at once: undici itself. */
export const UNDICI = [
  'shared/undici npm:undici node:assert node:async_hooks node:console node:diagnostics_channel node:dns',
  'node:fs/promises node:http node:http2 node:net node:perf_hooks node:querystring node:timers',
  'node:util node:util/types node:worker_threads',
]

/** What a renewal says or hands on, as far as anything is. */
export const TELLING = ['delivering passed-environment unanswered']
/** A token that is handed on. */
export const DELIVERED = [...TELLING, 'deliver-all hand-over']
/** A program of the person's that is started. */
export const PROGRAM_RUN = ['run-program node:child_process']

/** `notices`: its channels and what they would say. */
export const NOTICES = [
  ...COMMAND,
  ...SHAPES,
  'cli endpoint-address failing-channels named-program notice-marks notices notify passed-environment',
  'program-environment removing rolldown-runtime unanswered',
]
/** A look into the machine's schedulers. */
export const SCHEDULERS = [
  'delivery-rhythm job passed-environment rolldown-runtime schedule-host schedule-survey scheduled',
  'scheduled-check single-file node:child_process node:crypto node:sea',
]
/** A settings file that is written. */
export const SETTINGS_WRITTEN = [
  'conf npm:conf npm:ajv npm:ajv-formats npm:atomically npm:debounce-fn npm:dot-prop',
  'npm:fast-deep-equal npm:fast-uri npm:json-schema-traverse npm:mimic-function npm:semver',
  'npm:stubborn-fs npm:stubborn-utils npm:uint8array-extras npm:when-exit',
  'node:assert node:stream node:util',
]
/** An export that is sealed. */
export const AGE = [
  'shared/age-encryption npm:age-encryption npm:@noble/curves npm:@noble/hashes',
  'npm:@noble/post-quantum npm:@scure/base globalThis.crypto globalThis.fetch',
]
