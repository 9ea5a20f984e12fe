/** From a process to an exit status: parses, and runs one command. What is thrown becomes words in `report.ts`. */
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { useCompileCache } from '../platform/compile-cache.ts'
import { directOutput } from '../platform/direct-output.ts'
import { guardMemory } from '../platform/memory-guard.ts'
import { nameMissingHome } from '../platform/no-home.ts'
import { createTerminal, type Terminal } from '../platform/terminal.ts'
import type { ProcessStatus } from './exit.ts'
import { asksForVersion, plainStatus } from './plain-line.ts'
import { buildProgram } from './program.ts'
import { isReported, report } from './report.ts'
import type { Act } from './syntax/options.ts'
import type { World } from './world.ts'

/** Runs the program in a process and sets its exit status. The stub in `bin/` calls it and does nothing else. */
export async function run(proc: NodeJS.Process): Promise<void> {
  // Files are made private by their own modes; this covers what libraries make.
  proc.umask(0o077)
  nameMissingHome(proc.env)
  const terminal = createTerminal(proc, proc.env, {
    out: directOutput(1, proc.platform),
    err: directOutput(2, proc.platform),
  })
  const createWorld = async () => (await import('./world.ts')).createWorld(proc, terminal, main, __dirname)
  const argv = proc.argv.slice(2)
  const keepCompiled = compileCacheOf(argv, proc)
  // No command: it must say nothing and end with 0, whatever is wrong, and needs no world.
  if (argv[0] === '__complete') {
    // Where even that is gone (the program is being replaced) there is nothing to offer.
    const completion = await import('./completion/complete-line.ts').catch(() => undefined)
    const { env, platform } = proc
    await completion?.completeLine(argv.slice(1), {
      buildProgram: line => buildProgram(neverActs, line),
      terminal,
      env,
      platform,
      createWorld,
    })
    return keepCompiled()
  }
  guardMemory(proc)
  const exit = await main(argv, terminal, createWorld)
  // A stream tells of a full disk in a later turn; a result that nobody could read must not pass as a success.
  await new Promise(resolve => setImmediate(resolve))
  const lost = terminal.outFailure
  const told = lost === undefined || isReported(lost) ? exit : await report(lost, [], terminal)
  proc.exitCode = exit === 0 ? told : exit
  keepCompiled()
}

/** What is typed or scheduled so often that what V8 makes of it is kept. No other command leaves anything behind for that. */
const KEPT = ['status', 'accounts', 'renew', 'token', 'exec', 'doctor', '--help', '__complete']

/** Has what V8 kept of a command used. @returns what keeps it, when all else is done */
function compileCacheOf([command = '--help']: readonly string[], proc: NodeJS.Process): () => void {
  if (!KEPT.includes(command)) return () => {}
  const program = join(__dirname, 'chunks')
  return useCompileCache(proc, {
    command: command.replace(/^\W+/, ''),
    version: packageJson.version,
    program,
  })
}

/** What commands do where they are only looked at. */
const neverActs = async () => {}

/** The exit status of one command line. Never throws. The world is made when a command first needs it. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  createWorld: () => Promise<World>,
): Promise<ProcessStatus> {
  let exit: ProcessStatus = 0
  let world: World | undefined
  const act: Act = async work => {
    world = await createWorld()
    exit = await work(world)
  }
  try {
    if (await plainly(argv, terminal, act)) return exit
    const program = await buildProgram(act, argv.length === 0 ? ['--help'] : argv)
    for (const command of [program, ...program.commands.flatMap(child => [child, ...child.commands])]) {
      command.exitOverride().configureOutput({
        writeOut: text => terminal.out(text),
        // Commander's own words go through the one place that prints errors.
        writeErr: () => {},
        getOutHelpWidth: () => terminal.columns,
        getOutHasColors: () => terminal.colour,
      })
    }
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    exit = await report(error, argv, terminal)
  } finally {
    await world?.close()
  }
  return exit
}

/** Does what a plain line says, without what parses all others; false where it is none. */
async function plainly(argv: readonly string[], terminal: Terminal, act: Act): Promise<boolean> {
  if (asksForVersion(argv)) {
    terminal.out(`${packageJson.version}\n`)
    return true
  }
  const options = plainStatus(argv)
  if (options === undefined) return false
  await act(async world => (await import('./commands/status.ts')).statusRun(options, world))
  return true
}
