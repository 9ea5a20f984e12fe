/**
 * Makes one executable file that holds Node, the program and the native parts of this system (Node's own single
 * executable applications). Beside it, the licences of what it holds.
 *
 *   path/to/node26 .ci/sea.js [folder]      `folder`: where `tokenctl` is put; build/ when left out
 *
 * The Node that runs this is the one that is inside: 25.5 or later, which puts a program in by itself (`--build-sea`).
 *
 * @see https://nodejs.org/docs/latest-v26.x/api/single-executable-applications.html (checked 2026-11-23)
 */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { NOTICES_FILE, thirdPartyNotices } from './third-party-notices.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const LOADER = join(ROOT, '.ci', 'sea', 'native.cjs')
const { platform, arch } = process
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const folder = resolve(process.argv[2] ?? join(ROOT, 'build'))
mkdirSync(folder, { recursive: true })
mkdirSync(join(MODULES, '.cache'), { recursive: true })
const work = mkdtempSync(join(MODULES, '.cache', 'tokenctl-sea-'))
try {
  await bundle(work)
  const program = join(folder, platform === 'win32' ? 'tokenctl.exe' : 'tokenctl')
  writeFileSync(join(work, 'version'), version)
  const config = {
    main: join(work, 'tokenctl.cjs'),
    output: program,
    disableExperimentalSEAWarning: true,
    // Compiled once, here: otherwise every start would compile all of it.
    useCodeCache: true,
    assets: { ...nativeFiles(), version: join(work, 'version') },
  }
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config))
  rmSync(program, { force: true })
  execFileSync(process.execPath, ['--build-sea', join(work, 'sea.json')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  copyFileSync(join(work, NOTICES_FILE), join(folder, NOTICES_FILE))
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** The whole program in one file: a single executable can require nothing but what Node has. */
async function bundle(dir) {
  await build({
    input: { tokenctl: join(ROOT, '.ci', 'sea', 'entry.js') },
    platform: 'node',
    logLevel: 'silent',
    transform: { target: 'node26' },
    plugins: [nativeParts(), thirdPartyNotices({ runtime: join(MODULES, 'rolldown') })],
    output: {
      dir,
      format: 'cjs',
      minify: true,
      codeSplitting: false,
      dynamicImportInCjs: false,
      entryFileNames: '[name].cjs',
    },
  })
}

/** A rolldown plugin: where the two packages look for their native part on the disk, they get the one inside. */
function nativeParts() {
  const parts = {
    [join(MODULES, '@napi-rs', 'keyring', 'index.js')]: 'keyring',
    [join(MODULES, 'fs-native-extensions', 'binding.js')]: 'fs-native-extensions',
  }
  return {
    name: 'native-parts',
    load: id =>
      parts[id] === undefined
        ? null
        : `module.exports = require(${JSON.stringify(LOADER)}).loadNative(${JSON.stringify(parts[id])})`,
  }
}

/** The native parts for this system, as the two packages' own loaders would choose them. */
function nativeFiles() {
  const require = createRequire(join(ROOT, 'package.json'))
  for (const name of ['@napi-rs/keyring', 'fs-native-extensions']) require(name)
  const loaded = Object.keys(require.cache).filter(path => path.endsWith('.node') && existsSync(path))
  const one = pattern => {
    const path = loaded.find(each => pattern.test(each))
    if (path === undefined) throw new Error(`No native part for ${platform} ${arch} is installed: ${pattern}`)
    return path
  }
  return { keyring: one(/keyring/), 'fs-native-extensions': one(/fs-native-extensions/) }
}
