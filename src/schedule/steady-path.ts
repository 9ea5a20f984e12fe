/**
 * Paths that are still there after the next update. The system tells a process where its files really are, and version
 * managers keep those in a folder that goes with the version; most have a link beside it that stays. Pure: whether a
 * link leads to the same file is asked of the caller.
 */

/** What a path resolves to; undefined when there is nothing. */
export type Resolve = (path: string) => string | undefined

export interface SteadyPath {
  readonly path: string
  /** The program in whose folder it lies, which takes it away with the version; undefined for one that stays. */
  readonly keeper: string | undefined
}

interface Keeper {
  readonly name: string
  /** Of a path with forward slashes. */
  readonly holds: RegExp
  /** Where the same file has a name that stays, by the path that does not. */
  readonly links: (path: string) => readonly string[]
  /** Whether it points links elsewhere (on PATH) to the new file too. A person's own link to nvm's file dies with it. */
  readonly relinks?: true
}

const none = () => []

/** The last part of a path: `node`, `node.exe`. */
const baseOf = (path: string) => path.replace(/^.*\//, '')

const KEEPERS: readonly Keeper[] = [
  { name: 'nvm', holds: /\/\.?nvm\/(versions\/node\/)?v\d[^/]*\//, links: none },
  { name: 'Volta', holds: /\/\.?volta\/tools\/image\//i, links: none },
  {
    name: 'fnm',
    holds: /\/\.?fnm(\/node-versions|_multishells)\//,
    links: path => [path.replace(/\/node-versions\/.*$/, `/aliases/default/bin/${baseOf(path)}`)],
  },
  { name: 'asdf', holds: /\/\.?asdf\/installs\//, links: none },
  { name: 'mise', holds: /\/mise\/installs\//, links: none },
  { name: 'nodenv', holds: /\/\.?nodenv\/versions\//, links: none },
  { name: 'nodebrew', holds: /\/\.?nodebrew\/node\//, links: none },
  {
    name: 'Homebrew',
    holds: /\/Cellar\//,
    links: path => [
      path.replace(/\/Cellar\/([^/]+)\/[^/]+\//, '/opt/$1/'),
      path.replace(/\/Cellar\/.*$/, `/bin/${baseOf(path)}`),
    ],
    relinks: true,
  },
  {
    name: 'Nix',
    holds: /^\/nix\/store\//,
    links: path => [`/run/current-system/sw/bin/${baseOf(path)}`],
    relinks: true,
  },
  { name: 'snap', holds: /^\/snap\/[^/]+\/\d+\//, links: path => [path.replace(/\/\d+\//, '/current/')] },
  {
    name: 'Scoop',
    holds: /\/scoop\/apps\/[^/]+\/(?!current\/)/i,
    links: path => [path.replace(/(\/scoop\/apps\/[^/]+)\/[^/]+\//i, '$1/current/')],
  },
  { name: 'pnpm', holds: /\/\.pnpm\//, links: none, relinks: true },
  { name: 'npx', holds: /\/_npx\//, links: none },
]

const slashed = (path: string) => path.replaceAll('\\', '/')

function keeperOf(path: string): Keeper | undefined {
  return KEEPERS.find(({ holds }) => holds.test(slashed(path)))
}

/**
 * A name of the file that stays: the path itself, or one of the keeper's links or of `others` that resolves to the
 * same file and lies in no keeper's folder; the path with its keeper where there is none.
 */
export function steadyPath(path: string, others: readonly string[], resolve: Resolve): SteadyPath {
  const keeper = keeperOf(path)
  if (keeper === undefined) return { path, keeper: undefined }
  const real = resolve(path)
  const link = [...keeper.links(slashed(path)), ...(keeper.relinks ? others : [])].find(
    each => keeperOf(each) === undefined && real !== undefined && resolve(each) === real,
  )
  return link === undefined ? { path, keeper: keeper.name } : { path: link, keeper: undefined }
}
