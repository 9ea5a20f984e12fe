/**
 * A rolldown plugin for the build: writes the licences of the packages whose code is really in the bundle, since their
 * texts must travel with it. It names what was bundled, never what is merely installed, and it fails the build rather
 * than ship a package without a licence text or under a licence that asks for more than its own text.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

/** What may be shipped inside an MIT program by carrying its text along. SPDX names. */
export const PERMITTED = ['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0']

/** The file in `dist/`. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt'

const LICENCE_FILE = /^(licen[cs]e|copying)([.-]|$)/i
// Apache-2.0, section 4(d): a NOTICE travels with the code.
const NOTICE_FILE = /^notice(\.|$)/i
const README_FILE = /^readme\.md$/i
const RULE = '-'.repeat(78)

/**
 * The plugin. It adds one text file to what is written and changes nothing else.
 *
 * @param {{ runtime?: string }} [options] `runtime`: the folder of the bundler's own package, whose few helper lines
 *   every chunk calls; left out, they are not listed.
 * @returns {import('rolldown').Plugin}
 */
export function thirdPartyNotices({ runtime } = {}) {
  return {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      const folders = bundledModules(bundle).map(id =>
        id.startsWith('\0rolldown/') ? runtime : packageFolder(id),
      )
      const packages = [...new Set(folders)].filter(folder => folder !== undefined).map(readPackage)
      const problems = packages.flatMap(problemsOf)
      if (problems.length > 0)
        this.error(`The licences do not permit this bundle:\n  ${problems.join('\n  ')}`)
      this.emitFile({ type: 'asset', fileName: NOTICES_FILE, source: noticesOf(packages) })
    },
  }
}

/** The ids of the modules of which at least one character is in the bundle. */
function bundledModules(bundle) {
  return Object.values(bundle)
    .filter(output => output.type === 'chunk')
    .flatMap(({ modules }) => Object.entries(modules))
    .filter(([, { renderedLength }]) => renderedLength > 0)
    .map(([id]) => id)
}

/** The folder of the installed package that a module belongs to; undefined for modules of our own. */
function packageFolder(id) {
  const path = id.replace(/^\0/, '').replace(/[?#].*$/, '')
  if (!path.split(/[\\/]/).includes('node_modules')) return undefined
  let folder = dirname(path)
  // Folders inside a package may hold a package.json of their own, with nothing in it but a module type.
  while (!isPackage(folder)) {
    const parent = dirname(folder)
    if (parent === folder || basename(folder) === 'node_modules') {
      throw new Error(`No package.json with a name and a version stands above ${path}.`)
    }
    folder = parent
  }
  return folder
}

function isPackage(folder) {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return false
  const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
  return typeof name === 'string' && typeof version === 'string'
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).sort()
  const textOf = pattern =>
    files
      .filter(file => pattern.test(file))
      .map(file => readFileSync(`${folder}${sep}${file}`, 'utf8').replace(/\r\n?/g, '\n').trim())
      .filter(text => text !== '')
  const texts = textOf(LICENCE_FILE)
  return {
    name,
    version,
    licence: license,
    texts: texts.length > 0 ? texts : textOf(README_FILE).flatMap(endingLicence),
    notices: textOf(NOTICE_FILE),
  }
}

/** The licence at the end of a README, where a package has no file of its own for it: from its copyright to the last line. */
function endingLicence(readme) {
  const text = /^Copyright \(c\) [\s\S]*/m.exec(readme)?.[0]
  return text !== undefined && /Permission is hereby granted/.test(text) ? [text] : []
}

function problemsOf({ name, version, licence, texts }) {
  const problems = []
  if (!isPermitted(licence)) problems.push(`${name} ${version}: ${licence ?? 'no licence is named'}`)
  if (texts.length === 0) problems.push(`${name} ${version}: no licence text`)
  return problems
}

/** One permitted name, or a choice (`(MIT OR CC0-1.0)`) that has one. Anything cleverer is for a person to judge. */
function isPermitted(licence) {
  if (typeof licence !== 'string') return false
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some(name => PERMITTED.includes(name))
}

/** The text of the file: an overview, then every licence in full, in an order that does not change by itself. */
function noticesOf(packages) {
  // By title: a package may be installed twice, below two others.
  const byTitle = new Map(packages.map(each => [`${each.name} ${each.version} (${each.licence})`, each]))
  const titles = [...byTitle.keys()].sort()
  const sections = titles.map(title => {
    const { texts, notices } = byTitle.get(title)
    return [RULE, title, RULE, '', [...texts, ...notices].join('\n\n')].join('\n')
  })
  const head = [
    'The files in this folder hold code of the packages below, each under its own licence.',
    '',
    ...titles.map(title => `  ${title}`),
  ].join('\n')
  return `${[head, ...sections].join('\n\n')}\n`
}
