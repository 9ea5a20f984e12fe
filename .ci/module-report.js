/**
 * A rolldown plugin for the build: writes which modules each chunk holds and what each of them imports. It stays in this
 * tree (package.json's "files" leave it out): test/modules-loaded.test.ts reads from it what a command loads and why, and
 * .ci/sbom.js which packages ship inside the bundle.
 */
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The file, in the folder of each bundle. */
export const REPORT_FILE = 'modules.json'

/**
 * The plugin. The report: by chunk, by module (its path in this tree), how many bytes of it are left (before
 * they are made small) and what it imports, at once and later.
 *
 * @returns {import('rolldown').Plugin}
 */
export function moduleReport() {
  return {
    name: 'module-report',
    generateBundle(_options, bundle) {
      const report = {}
      for (const chunk of Object.values(bundle).filter(({ type }) => type === 'chunk')) {
        const modules = Object.entries(chunk.modules).map(([id, { renderedLength }]) => [
          nameOf(id),
          { bytes: renderedLength, ...importsOf(id, this) },
        ])
        report[chunk.fileName] = Object.fromEntries(modules)
      }
      // What leaves no code in any chunk still says why others are there: a file that only passes on what it imports.
      const placed = new Set(Object.values(report).flatMap(Object.keys))
      const rest = [...this.getModuleIds()].filter(id => !placed.has(nameOf(id)))
      report[''] = Object.fromEntries(rest.map(id => [nameOf(id), { bytes: 0, ...importsOf(id, this) }]))
      this.emitFile({ type: 'asset', fileName: REPORT_FILE, source: `${JSON.stringify(report, null, 1)}\n` })
    },
  }
}

function importsOf(id, context) {
  const { importedIds = [], dynamicallyImportedIds = [] } = context.getModuleInfo(id) ?? {}
  return { atOnce: importedIds.map(nameOf), later: dynamicallyImportedIds.map(nameOf) }
}

/** The path in this tree; what is no file (`node:fs`) as it is. */
function nameOf(id) {
  return id.startsWith(ROOT) ? relative(ROOT, id).split(sep).join('/') : id.replace(/^\0/, '')
}
