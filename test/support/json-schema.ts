/** JSON Schemas, held against documents by ajv: a checker that knows nothing of how they were made. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** What is wrong with a document by a schema, one line each; none where it is right. @throws for a schema that is none */
export function schemaChecker(schema: object): (document: unknown) => readonly string[] {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true })
  formats(ajv)
  const validate: ValidateFunction = ajv.compile(schema)
  return document =>
    validate(document)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
