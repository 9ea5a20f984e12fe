/** `tokenctl hooks`: programs that a renewal calls. They hold no secret and get none. */
import { TokenctlError } from '../../errors.ts'
import type { HookTime } from '../../renewal/hooks.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import type { Exit } from '../exit.ts'
import {
  changeHooks,
  DEFAULT_TIMEOUT_S,
  hookPath,
  LONGEST_TIMEOUT_S,
  parseHooks,
} from '../notices/hook-file.ts'
import { namedProgram } from '../notices/named-program.ts'
import { renderJson } from '../render/json.ts'
import { safeLine } from '../render/safe-text.ts'
import type { HooksReport } from '../shapes/hooks-shape.ts'
import type { World } from '../world.ts'

export interface HooksAddOptions {
  readonly when: HookTime
  readonly program: readonly string[]
  readonly timeout?: string
}

export async function hooksAddRun({ when, program, timeout }: HooksAddOptions, world: World): Promise<Exit> {
  const timeoutSeconds = timeout === undefined ? DEFAULT_TIMEOUT_S : secondsOf(timeout)
  await namedProgram(program, world)
  let id = 0
  await changeHooks(before => {
    id = before.next
    const hook = { id, when, command: [...program], timeoutSeconds }
    return { ...before, next: id + 1, hooks: [...before.hooks, hook] }
  }, world)
  world.terminal.err(`Hook ${id} is added: ${TIMES[when]}, ${safeLine(program[0] ?? '')}.\n`)
  return 0
}

export async function hooksListRun({ json }: { readonly json?: boolean }, world: World): Promise<Exit> {
  const { hooks } = parseHooks(world.hookText(), hookPath(world))
  const programs = hooks.length === 0 ? undefined : await world.programs()
  const rows = hooks.map(hook => ({ ...hook, problem: programs?.problem(hook.command[0] ?? '') ?? null }))
  if (json === true) {
    const report: HooksReport = { version: 1, hooks: rows }
    world.terminal.out(renderJson(report))
    return 0
  }
  for (const { id, when, command, timeoutSeconds, problem } of rows) {
    const line = `${id}  ${when}  ${command.map(shown).join(' ')}  (${timeoutSeconds} s)`
    world.terminal.out(`${safeLine(line)}\n`)
    if (problem !== null) world.terminal.err(`Note: hook ${id} would not be run. ${safeLine(problem)}\n`)
  }
  if (rows.length === 0)
    world.terminal.err('There are no hooks. `tokenctl hooks add --help` says what they are.\n')
  return 0
}

export async function hooksRemoveRun({ id }: { readonly id: string }, world: World): Promise<Exit> {
  const wanted = /^[1-9]\d{0,8}$/.test(id) ? Number(id) : 0
  await changeHooks(before => {
    const hooks = before.hooks.filter(hook => hook.id !== wanted)
    if (hooks.length < before.hooks.length) return { ...before, hooks }
    throw new TokenctlError('USAGE', `There is no hook ${quoteTyped(id)}.`, {
      fix: '`tokenctl hooks list` shows the hooks there are, each with its number.',
    })
  }, world)
  world.terminal.err(`Hook ${wanted} is removed.\n`)
  return 0
}

const TIMES: Readonly<Record<HookTime, string>> = {
  before: 'before a marketplace is asked',
  after: 'after each account that was renewed',
  'on-failure': 'for each account whose renewal failed',
  'on-recovery': 'for each account that is alive again after it was dead',
}

function secondsOf(text: string): number {
  const match = /^(\d{1,4}) ?(s|m|min)?$/.exec(text.trim())
  const seconds = Number(match?.[1] ?? 0) * (match?.[2] === undefined || match[2] === 's' ? 1 : 60)
  if (seconds >= 1 && seconds <= LONGEST_TIMEOUT_S) return seconds
  throw new TokenctlError(
    'USAGE',
    `--timeout takes seconds from 1 to ${LONGEST_TIMEOUT_S}, such as \`30s\`.`,
    {
      fix: 'Have the hook begin longer work and not wait for it: under systemd by `systemd-run --user --collect …`, since what a hook leaves running is ended with the run there.',
    },
  )
}

/** An argument as a shell takes it. */
function shown(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
