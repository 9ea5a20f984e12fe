/**
 * What a person may set, and nothing secret: names, checks, defaults. The file is read on every start and checked
 * whole; a bad value is an error that names the key and the file, never a guess. Writing goes through conf
 * (`cli/settings-file.ts`), which costs a start more than it gives and is loaded when something is set.
 */
import { TokenctlError } from './errors.ts'
import { jsonFault, memberTwice } from './json-place.ts'
import { MARKETPLACE_IDS, NONE_OF_ONES_OWN, type OwnMarketplaces, SHIPPED_IDS } from './marketplaces/ids.ts'
import { quoteTyped } from './tokens/quote.ts'
import { durationMs, HOUR, parseDuration } from './tokens/time.ts'
import { KEY_SOURCES, STORES } from './vault/choices.ts'

interface SettingFacts {
  /** What it does, for `config list` and help. */
  readonly help: string
  /** What holds when it is not set; absent where the program decides by what it finds. */
  readonly byDefault?: string
  /** Whether `name.<marketplace>` sets it for one marketplace only, and whether there is nothing but that form. */
  readonly perMarketplace: 'never' | 'also' | 'only'
  /** What a good value looks like, for the error. */
  readonly expects: string
  readonly accepts: (value: string) => boolean
}

/** `3m` is three minutes, and `0d` always: whoever sets one of these meant something else. */
const isDuration = (value: string) => {
  const duration = parseDuration(value)
  return duration !== undefined && durationMs(duration, 0) >= HOUR
}
const DURATION = 'a length of an hour or more, such as `3 months`, `30d` or `12h`'

const isOneOf = (words: readonly string[]) => (value: string) => words.includes(value)

// The text itself is looked at, not what URL makes of it: `http://127.0.0.1#` and ` http:127.1` are the same to URL.
const LOOPBACK_ORIGIN = /^https?:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)(:\d{1,5})?\/?$/

/** Whether a text is `http://127.0.0.1:PORT` or the like: scheme, loopback literal, port, and nothing after it. */
export function isLoopbackOrigin(value: string): boolean {
  return LOOPBACK_ORIGIN.test(value) && URL.canParse(value)
}

export const SETTINGS = {
  store: {
    help: 'where secrets rest',
    perMarketplace: 'never',
    expects: '`keychain`, `file` or `postgres`',
    accepts: isOneOf(STORES),
  },
  'postgres-service': {
    help: 'the entry of pg_service.conf that says where the database of the `postgres` store is; without one, and without postgres-url-file, the PG* variables do',
    perMarketplace: 'never',
    expects: 'the name of a service, such as `tokenctl`',
    accepts: value => /^[\w.-]{1,63}$/.test(value),
  },
  'postgres-url-file': {
    help: 'the private file (mode 600) whose one line is the address of that database, `postgresql://…`',
    perMarketplace: 'never',
    expects: 'an absolute path',
    accepts: value => /^(\/|[A-Za-z]:[\\/])/.test(value) && !value.includes('\0'),
  },
  'key-source': {
    help: 'where the key of the file and the postgres store comes from',
    byDefault: 'file',
    perMarketplace: 'never',
    expects: '`file`, `systemd`, `keychain` or `passphrase`',
    accepts: isOneOf(KEY_SOURCES),
  },
  'key-file': {
    help: 'the file that holds that key, 32 random bytes, made when there is none',
    perMarketplace: 'never',
    expects: 'an absolute path',
    accepts: value => /^(\/|[A-Za-z]:[\\/])/.test(value) && !value.includes('\0'),
  },
  window: {
    help: 'how long after a renewal the next is due',
    byDefault: '3 months',
    perMarketplace: 'also',
    expects: DURATION,
    accepts: isDuration,
  },
  warning: {
    help: "how long before the consent's end an account is `expiring` (a quarter of its life at most)",
    byDefault: '30 days',
    perMarketplace: 'also',
    expects: DURATION,
    accepts: isDuration,
  },
  lead: {
    help: "how long before the consent's end Renew by comes at the latest (an eighth of its life at most)",
    byDefault: '14 days',
    perMarketplace: 'also',
    expects: DURATION,
    accepts: isDuration,
  },
  lifetime: {
    help: 'how long a consent lives where the marketplace has not reported its end',
    perMarketplace: 'only',
    expects: DURATION,
    accepts: isDuration,
  },
  rotation: {
    help: 'what the marketplace does with a refresh token that is used, where it does other than its documents say',
    perMarketplace: 'only',
    expects: '`none` (it stays), `grace` or `strict` (it is replaced) or `unknown`',
    accepts: isOneOf(['none', 'grace', 'strict', 'unknown']),
  },
  environment: {
    help: "which of the vendor's systems is spoken to",
    byDefault: 'production',
    perMarketplace: 'only',
    expects: '`production` or `sandbox`',
    accepts: isOneOf(['production', 'sandbox']),
  },
  endpoint: {
    help: 'a simulator on this machine, in place of the marketplace',
    perMarketplace: 'only',
    expects: 'a loopback address without a path, such as `http://127.0.0.1:8080`',
    accepts: isLoopbackOrigin,
  },
} as const satisfies Record<string, SettingFacts>

export type SettingFamily = keyof typeof SETTINGS

function familyKeys(family: SettingFamily, ids: readonly string[]): string[] {
  const { perMarketplace } = SETTINGS[family]
  const each = ids.map(id => `${family}.${id}`)
  if (perMarketplace === 'never') return [family]
  return perMarketplace === 'only' ? each : [family, ...each]
}

/** Every key there is for some marketplaces, in the order they are listed. */
export function settingKeys(ids: readonly string[]): readonly string[] {
  return (Object.keys(SETTINGS) as SettingFamily[]).flatMap(family => familyKeys(family, ids))
}

/** Every key there is for the marketplaces that are always listed. */
export const SETTING_KEYS: readonly string[] = settingKeys(MARKETPLACE_IDS)

/** Whether a text is a setting, for any marketplace that is known. */
export function isSettingKey(key: string, own: OwnMarketplaces): boolean {
  if (SETTING_KEYS.includes(key)) return true
  const [family = '', id = '', ...rest] = key.split('.')
  if (rest.length > 0 || !Object.hasOwn(SETTINGS, family)) return false
  if (SETTINGS[family as SettingFamily].perMarketplace === 'never') return false
  return SHIPPED_IDS.some(each => each === id) || own.has(id)
}

/** The family of a key: `window` of `window.ebay`. */
export function settingFacts(key: string): SettingFacts {
  return SETTINGS[key.split('.')[0] as SettingFamily]
}

const MEND_FILE = 'Mend the file, or remove it to start from the defaults; it holds no secrets.'

/** The settings that a person made; everything else has its default. */
export class Settings {
  readonly #values: Readonly<Record<string, string | undefined>>
  /** The marketplaces that the person described in the same folder. */
  readonly own: OwnMarketplaces

  constructor(values: Readonly<Record<string, string | undefined>>, own: OwnMarketplaces = NONE_OF_ONES_OWN) {
    this.#values = values
    this.own = own
  }

  /** The marketplaces that something was set for, beside those that are always listed. No file is read for it. */
  get others(): readonly string[] {
    const ids = Object.keys(this.#values).map(key => key.split('.')[1] ?? '')
    return [...new Set(ids)].filter(id => id !== '' && !MARKETPLACE_IDS.some(each => each === id))
  }

  /** What was set under exactly this key. */
  get(key: string): string | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined
  }

  /** What holds for one marketplace: its own value, else the general one, else the default. */
  for(family: SettingFamily, marketplace: string): string | undefined {
    const facts: SettingFacts = SETTINGS[family]
    return this.#values[`${family}.${marketplace}`] ?? this.#values[family] ?? facts.byDefault
  }
}

/**
 * Checks the text of a settings file.
 *
 * @param own looked at only where a key names a marketplace that is not built in.
 * @throws {SETTINGS_INVALID} naming the file, the key and what a good value is.
 */
export function parseSettings(text: string, file: string, own: OwnMarketplaces = NONE_OF_ONES_OWN): Settings {
  // A BOM is what Windows' editors leave; the person did not type it.
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '') return new Settings({}, own)
  const values = checkSettings(parseJson(body, file), file, own)
  const twice = memberTwice(body)?.name
  if (twice === undefined) return new Settings(values, own)
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `In the settings file ${file}, ${quoteTyped(twice)} is set twice.`,
    {
      fix: 'Mend the file: keep one of the two.',
    },
  )
}

function parseJson(body: string, file: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new TokenctlError('SETTINGS_INVALID', `The settings file ${file} is not JSON${placeOf(body)}.`, {
      fix: MEND_FILE,
      cause,
    })
  }
}

/** ` (line 3)`: where the text goes wrong, or ends too early. */
function placeOf(body: string): string {
  const line = /^line \d+/.exec(jsonFault(body) ?? '')?.[0]
  return ` (${line ?? `line ${body.trimEnd().split('\n').length}`})`
}

/**
 * The values, when all are good. Read by hand: every start reads them, and the schema for it, thirty keys long, took longer
 * to make than the whole file to read.
 */
function checkSettings(
  value: unknown,
  file: string,
  own: OwnMarketplaces,
): Record<string, string | undefined> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenctlError('SETTINGS_INVALID', `The settings file ${file} holds no JSON object.`, {
      fix: MEND_FILE,
    })
  }
  const unfit: string[] = []
  const unknown: string[] = []
  const good: Record<string, string | undefined> = {}
  for (const [key, set] of Object.entries(value)) {
    if (!isSettingKey(key, own)) unknown.push(key)
    else if (typeof set === 'string' && settingFacts(key).accepts(set)) good[key] = set
    else unfit.push(key)
  }
  const key = unfit[0] ?? unknown[0]
  if (key === undefined) return good
  const problem = unfit.length > 0 ? `must be ${settingFacts(key).expects}` : 'is no setting'
  const removal = /^[\w.-]{1,30}$/.test(key)
    ? `Remove it with \`tokenctl config unset ${key}\`, or mend the file.`
    : 'Mend the file.'
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `In the settings file ${file}, ${quoteTyped(key)} ${problem}.`,
    {
      fix: `${removal} ${settingsThere()}`,
    },
  )
}

/**
 * Checks one value that is about to be set.
 *
 * @throws {SETTINGS_INVALID} when the key is none or the value does not fit.
 */
export function checkSetting(key: string, value: string, own: OwnMarketplaces = NONE_OF_ONES_OWN): void {
  if (!isSettingKey(key, own)) throw unknownSetting(key)
  const { accepts, expects, help } = settingFacts(key)
  if (accepts(value)) return
  throw new TokenctlError('SETTINGS_INVALID', `\`${key}\` must be ${expects}.`, {
    fix: `This setting is: ${help}. Nothing was changed; \`tokenctl config list\` shows what holds.`,
  })
}

/** The error for a key that is none, with the keys there are. */
export function unknownSetting(key: string): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `${quoteTyped(key)} is no setting.`, {
    fix: `${settingsThere()}`,
  })
}

/** The settings in a sentence. */
function settingsThere(): string {
  return `The settings are: ${SETTING_KEYS.join(', ')}; and the same for every other marketplace by its word, such as window.etsy.`
}

/** Where the settings file is. */
export function settingsPath(folders: { readonly settings: string }): string {
  return `${folders.settings}/config.json`
}
