/** Where what V8 made of the program is kept, and where it must not be: it is code, and whoever can write there runs it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { useCodeCache } from '../../src/platform/code-cache.ts'
import { useCompileCache } from '../../src/platform/compile-cache.ts'
import { temporaryHome } from '../support/temporary-home.ts'

type Process = Parameters<typeof useCompileCache>[0]

/** The folder that is used; undefined where none is. */
function folderTold(env: Record<string, string>, more: Partial<Process> = {}): string | undefined {
  let told: string | undefined
  const proc = {
    env,
    platform: 'linux',
    geteuid: process.geteuid,
    version: 'v22.8.0',
    arch: 'x64',
    pid: 1,
    argv: ['/node', '/p/tokenctl.js'],
    execArgv: [],
    execPath: '/node',
    ...more,
  }
  const use: typeof useCodeCache = folder => {
    told = folder
    return () => {}
  }
  useCompileCache(
    proc as unknown as Process,
    { command: 'status', version: '1.2.3', program: '/p/chunks' },
    use,
  )()
  return told
}

const NODE = 'v22.8.0-x64'
const inside = (home: string, ...more: string[]) => join(home, 'tokenctl', 'compiled', ...more)

test('it is the folder of a version and a command, and private from the first', () => {
  const home = temporaryHome()
  expect(folderTold({ XDG_CACHE_HOME: home })).toBe(inside(home, '1.2.3', 'status', NODE))
  for (const folder of [join(home, 'tokenctl'), inside(home), inside(home, '1.2.3')])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(folderTold({ XDG_CACHE_HOME: home }, { platform: 'win32', env: { LOCALAPPDATA: home } })).toBe(
    join(home, 'tokenctl', 'Cache', 'compiled', '1.2.3', 'status', NODE),
  )
})

test('each Node has a folder of its own, and each set of flags', () => {
  const home = temporaryHome()
  const [XDG_CACHE_HOME, NODE_OPTIONS] = [home, '--max-old-space-size=300  --no-opt']
  const told = [
    folderTold({ XDG_CACHE_HOME }, { version: 'v24.1.0', arch: 'arm64' }),
    folderTold({ XDG_CACHE_HOME, NODE_OPTIONS }),
    folderTold({ XDG_CACHE_HOME }, { execArgv: ['--no-opt', '--require', '../../x/../y'] }),
    folderTold({ XDG_CACHE_HOME, NODE_OPTIONS: 'x'.repeat(5000) }),
  ].map(folder => folder?.split('/').at(-1))
  expect(told).toEqual([
    'v24.1.0-arm64',
    `${NODE}--max-old-space-size=300_--no-opt`,
    `${NODE}--no-opt_--require_x_y`,
    `${NODE}${'x'.repeat(100)}`,
  ])
})

test('of what other versions kept the two newest stay, and all that is not of a version', () => {
  const home = temporaryHome()
  for (const [index, version] of ['1.2.2', '1.0.0', '1.2.4', '1.1.0'].entries()) {
    mkdirSync(inside(home, version, 'status'), { recursive: true, mode: 0o700 })
    utimesSync(inside(home, version), 1000 + index, 1000 + index)
  }
  mkdirSync(inside(home, 'of somebody'), { mode: 0o700 })
  writeFileSync(inside(home, 'config.json'), '{}')
  folderTold({ XDG_CACHE_HOME: home })
  expect(readdirSync(inside(home)).sort()).toEqual(['1.1.0', '1.2.3', '1.2.4', 'config.json', 'of somebody'])
})

const UNFIT: readonly (readonly [string, (home: string) => void])[] = [
  [
    'others may write to',
    home => {
      mkdirSync(inside(home), { recursive: true })
      chmodSync(inside(home), 0o770)
    },
  ],
  [
    'is a link',
    home => {
      mkdirSync(join(home, 'tokenctl'))
      mkdirSync(join(home, 'elsewhere'), { mode: 0o700 })
      symlinkSync(join(home, 'elsewhere'), inside(home))
    },
  ],
  [
    'is a file',
    home => {
      mkdirSync(join(home, 'tokenctl'))
      writeFileSync(inside(home), '', { mode: 0o600 })
    },
  ],
  [
    'others may rename',
    home => {
      mkdirSync(join(home, 'tokenctl'))
      chmodSync(join(home, 'tokenctl'), 0o770)
    },
  ],
  ['is in a folder that others may rename', home => chmodSync(home, 0o707)],
]
test.each(UNFIT)('a folder that %s is not used', (_, make) => {
  const home = temporaryHome()
  make(home)
  expect(folderTold({ XDG_CACHE_HOME: home })).toBeUndefined()
  expect(existsSync(inside(home, '1.2.3'))).toBe(false)
})

test('around it may be links, and a folder as /tmp is', () => {
  const home = temporaryHome()
  mkdirSync(join(home, 'disk'))
  symlinkSync(join(home, 'disk'), join(home, 'cache'))
  expect(folderTold({ XDG_CACHE_HOME: join(home, 'cache') })).toBeDefined()
  expect(existsSync(inside(join(home, 'disk'), '1.2.3'))).toBe(true)
  chmodSync(join(home, 'disk'), 0o1777)
  expect(folderTold({ XDG_CACHE_HOME: join(home, 'cache') })).toBeDefined()
})

test('an empty HOME is not the working folder: code that somebody unpacked there is not run', () => {
  const here = process.cwd()
  const unpacked = temporaryHome()
  mkdirSync(join(unpacked, '.cache', 'tokenctl', 'compiled'), { recursive: true, mode: 0o700 })
  onTestFinished(() => {
    process.chdir(here)
    vi.unstubAllEnvs()
  })
  process.chdir(unpacked)
  vi.stubEnv('HOME', '')
  expect(folderTold({})).toBeUndefined()
  expect(folderTold({ XDG_CACHE_HOME: '.cache' })).toBeUndefined()
})

test('nothing is made in the home of another, in one that is not there, or where nobody wants it', () => {
  const home = temporaryHome()
  const another = (process.geteuid?.() ?? 0) + 1
  expect(folderTold({ XDG_CACHE_HOME: home }, { geteuid: () => another })).toBeUndefined()
  expect(folderTold({ XDG_CACHE_HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' })).toBeUndefined()
  expect(folderTold({ XDG_CACHE_HOME: home }, { argv: ['/one', '/one'], execPath: '/one' })).toBeUndefined()
  expect(folderTold({ XDG_CACHE_HOME: join(home, 'not', 'there') })).toBeUndefined()
  expect(readdirSync(home)).toEqual([])
  if (process.platform === 'linux') expect(folderTold({ XDG_CACHE_HOME: '/proc' })).toBeUndefined()
  mkdirSync(inside(home), { recursive: true, mode: 0o700 })
  expect(folderTold({ XDG_CACHE_HOME: home }, { geteuid: () => another })).toBeUndefined()
})
