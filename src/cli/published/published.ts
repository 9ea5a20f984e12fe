/**
 * What the build puts into the package beside the program: the manual page and the JSON Schemas, by their paths in `dist`.
 * `.ci/published.js` bundles this, calls it and writes the files; nothing of it is in the program.
 */
import { buildProgram } from '../program.ts'
import { schemaDocuments } from './json-schemas.ts'
import { manualPage } from './manual.ts'

/** The text of each file by its path. @param day when they are made, as `2026-11-23` */
export async function publishedFiles(day: string): Promise<ReadonlyMap<string, string>> {
  const program = await buildProgram(async () => {})
  const schemas = [...schemaDocuments()].map(
    ([name, schema]) => [`schemas/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`] as const,
  )
  return new Map([['man/tokenctl.1', manualPage(program, day)], ...schemas])
}
