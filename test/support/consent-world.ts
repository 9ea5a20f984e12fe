/**
 * A world for tests of what `login` is made of: an app that can be consented to at each marketplace, a browser that only
 * notes what it is shown, a listener that hears what a test says, and a person who pastes one line after the other.
 */
import { isTokenctlError, QuestionWithdrawn } from '../../src/errors.ts'
import type { TextQuestion } from '../../src/platform/prompt.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { Vault } from '../../src/vault/vault.ts'
import { type TestWorld, type TestWorldOptions, testWorld } from './world.ts'

/** Keys of an app in production, by marketplace. */
export const APPS = {
  ebay: { clientId: 'Shop-tokenctl-PRD-1', clientSecret: 'PRD-canary', ruName: 'Shop-Shop-tokenc-abcdef' },
  amazon: {
    clientId: 'amzn1.application-oa2-client.1',
    clientSecret: 'amzn1.oa2-cs.v1.canary',
    applicationId: 'amzn1.sp.solution.1',
  },
  aliexpress: { appKey: '500102', appSecret: 'canary', redirectUri: 'https://shop.example/back' },
} as const

type Parameters = ReadonlyMap<string, string>

export interface ConsentWorld extends TestWorld {
  /** What the browser was asked to show. */
  readonly opened: string[]
  /** What the paste was refused with, in order. */
  readonly refused: string[]
  /** The addresses that were listened on, as `host:port/path`, and whether they are still. */
  readonly listening: Map<string, boolean>
}

export interface ConsentWorldOptions extends TestWorldOptions {
  /** Changes the keys of the apps; an empty one is left out. */
  readonly keys?: { readonly [Id in keyof typeof APPS]?: Readonly<Record<string, string>> }
  /** What is pasted, in order; a function is called when its turn comes. After the last one nobody answers any more. */
  readonly pastes?: readonly (string | ((shown: string) => string | Promise<string>))[]
  /** What comes to the listener; absent, nothing does. An error is thrown when somebody wants to listen. */
  readonly arrives?: ((shown: string) => Parameters) | Error
  /** Whether a browser can be shown. Default: yes. */
  readonly hasBrowser?: boolean
}

/** Stores an app. */
export async function saveApp(
  vault: Vault,
  marketplace: keyof typeof APPS,
  keys: Readonly<Record<string, string>>,
  name = 'default',
): Promise<void> {
  const header = {
    marketplace,
    name,
    environment: 'production',
    secretIssuedAt: null,
    isPublic: marketplace !== 'amazon' || (keys['applicationId'] ?? '') !== '',
    previousEndsAt: null,
  } as const
  const secret = Object.fromEntries(Object.entries(keys).map(([key, text]) => [key, new Secret(text)]))
  await vault.saveApp({ header, keys: secret, previous: null }, null)
}

/** The world. It is at a terminal of 80 columns, unless told otherwise. */
export async function consentWorld(options: ConsentWorldOptions = {}): Promise<ConsentWorld> {
  const { keys = {}, pastes = [], arrives, hasBrowser = true, ...rest } = options
  // An answer makes it a terminal; it is never given.
  const world = await testWorld({ answers: ['nobody'], ...rest })
  for (const [id, app] of Object.entries(APPS)) {
    const marketplace = id as keyof typeof APPS
    const all: Readonly<Record<string, string>> = { ...app, ...keys[marketplace] }
    const own = Object.entries(all).filter(([, text]) => text !== '')
    await saveApp(world.vault, marketplace, Object.fromEntries(own))
  }
  const [opened, refused, listening]: [string[], string[], Map<string, boolean>] = [[], [], new Map()]
  const waiting = [...pastes]
  const shown = () => world.terminal.shown.err
  const askedAs = await world.prompt()
  const secret = async (text: string, { signal, validate }: TextQuestion): Promise<string> => {
    ;(world.asked as string[]).push(text)
    for (;;) {
      const next = waiting.shift()
      if (next === undefined) return await withdrawn(signal)
      const pasted = typeof next === 'string' ? next : await next(shown())
      const verdict = validate === undefined ? true : await validate(pasted)
      if (verdict === true) return pasted
      refused.push(verdict.replace(/\s+/g, ' '))
    }
  }
  return Object.assign(world, {
    opened,
    refused,
    listening,
    prompt: async () => ({ ...askedAs, secret }),
    openBrowser: async (address: string) => {
      opened.push(address)
      return hasBrowser
    },
    listenForRedirect: (async (address, accept) => {
      if (isTokenctlError(arrives)) throw arrives
      const where = `${address.host}:${address.port}${address.path}`
      listening.set(where, true)
      const close = async () => void listening.set(where, false)
      if (arrives === undefined || arrives instanceof Error)
        return { port: address.port, result: new Promise(() => {}), close }
      // When everything was shown, as a browser would come.
      const result = new Promise<Parameters | undefined>(resolve =>
        setImmediate(() => {
          const parameters = arrives(shown())
          resolve(accept(parameters) === 'taken' ? parameters : new Promise(() => {}))
        }),
      )
      return { port: address.port, result, close }
    }) satisfies TestWorld['listenForRedirect'],
  })
}

function withdrawn(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new QuestionWithdrawn())
    if (signal?.aborted === true) end()
    else signal?.addEventListener('abort', end, { once: true })
  })
}

/** The consent page's address that was shown last. */
export function shownAddress(shown: string): URL {
  const found = [...shown.matchAll(/^https?:\/\/\S+$/gm)].at(-1)?.[0]
  if (found === undefined) throw new Error(`no address in: ${shown}`)
  return new URL(found)
}

/** The `state` of the consent page that was shown last. */
export const shownState = (shown: string): string => shownAddress(shown).searchParams.get('state') ?? ''
