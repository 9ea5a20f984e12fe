/**
 * The hooks of this home: `hooks.json` in the settings folder. They hold no secret, but name programs that run as this
 * user, so the file must be private as a key is. It is checked whole when it is read.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { TokenctlError } from '../../errors.ts'
import { HOOK_TIMES } from '../../renewal/hooks.ts'
import { newerVersion, parseStored } from '../../vault/stored-json.ts'
import type { World } from '../world.ts'

const VERSION = 1

/** What a hook may take where nothing else was said, and at most. */
export const [DEFAULT_TIMEOUT_S, LONGEST_TIMEOUT_S] = [30, 600]

const hook = z.strictObject({
  /** What `hooks remove` takes; no other hook of this home ever has it. */
  id: z.int().check(z.gte(1)),
  when: z.enum(HOOK_TIMES),
  /** The absolute path, then the arguments. */
  command: z.array(z.string()).check(z.minLength(1), z.maxLength(1000)),
  timeoutSeconds: z.int().check(z.gte(1), z.lte(LONGEST_TIMEOUT_S)),
})
const file = z.strictObject({
  version: z.literal(VERSION),
  /** The next id. */
  next: z.int().check(z.gte(1)),
  hooks: z.array(hook).check(z.maxLength(100)),
})

export type Hook = z.output<typeof hook>
type HookFile = z.output<typeof file>

const NONE: HookFile = { version: VERSION, next: 1, hooks: [] }

/** Where the hooks of a home are written down. */
export function hookPath({ folders }: Pick<World, 'folders'>): string {
  return join(folders.settings, 'hooks.json')
}

/**
 * The hooks there are, in the order in which they were added; `text` is what the file holds.
 *
 * @throws {SETTINGS_INVALID} naming the file; never a value of it.
 */
export function parseHooks(text: string | undefined, path: string): HookFile {
  if (text === undefined) return NONE
  const json = parseStored(text)
  const newer = newerVersion(json, VERSION)
  if (newer !== undefined)
    throw invalid(path, `was written by a newer tokenctl (version ${newer})`, 'Update tokenctl.')
  const result = z.safeParse(file, json)
  if (result.success) return result.data
  const where = result.error.issues[0]?.path.join('.')
  throw invalid(
    path,
    where ? `is not in shape (${where.slice(0, 60)})` : 'is not in shape',
    'Mend it, or remove it and add the hooks anew: `tokenctl hooks add`.',
  )
}

/**
 * Changes the hooks, over what the file holds at that moment, under a lock.
 *
 * @throws {SETTINGS_INVALID} as above · {WRITE_FAILED} · {VAULT_UNAVAILABLE} · {LOCK_HELD}
 */
export async function changeHooks(
  change: (before: HookFile) => HookFile,
  world: Pick<World, 'files' | 'folders' | 'locks' | 'hookText'>,
): Promise<void> {
  const path = hookPath(world)
  await world.locks.hold('hooks', async () => {
    const after = change(parseHooks(world.hookText(), path))
    world.files.ensurePrivateFolder(world.folders.settings)
    world.files.writeDurably(path, `${JSON.stringify(after, null, 2)}\n`)
  })
}

function invalid(path: string, what: string, fix: string): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `The hooks of ${path} cannot be read: it ${what}.`, { fix })
}
