/**
 * The program that is timed, and the Node that it is timed with: this tree's build as `node bin/tokenctl.js`, or the packed
 * tarball, installed as a person installs it, by the word that is on the path then.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BIN, ENVIRONMENT, milliseconds, run } from './processes.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Packs the build and installs the tarball into a prefix of its own below `folder`; returns the prefix. */
export function installGlobally(folder) {
  const prefix = join(folder, 'prefix')
  mkdirSync(prefix)
  // npm keeps NODE_EXTRA_CA_CERTS: a network may have an authority of its own.
  const npm = words => execFileSync('npm', words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', folder])
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))
  npm([
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--global',
    '--prefix',
    prefix,
    join(folder, tarball),
  ])
  return prefix
}

/**
 * How to run it. `node` is the path of a file named node, which is found first when the program asks for one; `user` is the
 * home folder of whoever runs it; without a `prefix` the build of this tree is run.
 *
 * @returns `type` runs the program with some words, `time` says how many milliseconds that took, `timeNode` the same of the
 *   Node alone, `runUnder` has another program start it, or without words an empty Node; `place` is what this function was given.
 */
export function programOf({ node, prefix, user }) {
  // What it keeps for its next start is not this user's.
  const own = { HOME: user, XDG_CACHE_HOME: join(user, '.cache') }
  const env = { ...own, PATH: [dirname(node), ENVIRONMENT.PATH].join(delimiter) }
  const itself = { file: node, env }
  const shim = prefix && join(prefix, 'bin', 'tokenctl')
  const [by, first] = prefix ? [{ file: shim, env }, []] : [itself, [BIN]]
  return {
    place: { node, prefix, user },
    runNode: (args, options) => run(args, { ...options, ...itself }),
    runUnder: ([file, ...words], args, options) => {
      const started = args.length === 0 ? [node, '-e', '0'] : [by.file, ...first, ...args]
      return run([...words, ...started], { ...options, env, file })
    },
    timeNode: args => milliseconds(args, itself),
    type: (args, options) => run([...first, ...args], { ...options, ...by }),
    time: (args, { withoutCache = false, ...options } = {}) => {
      // Node's own word for it, by which tokenctl goes too.
      const cache = withoutCache && { NODE_DISABLE_COMPILE_CACHE: '1' }
      return milliseconds([...first, ...args], { ...options, ...by, env: { ...env, ...cache } })
    },
  }
}
