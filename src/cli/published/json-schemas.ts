/**
 * The JSON Schemas that the package brings, made of the very shapes that the `--json` of each command is checked by. Only
 * the build and the tests load this: making them takes a part of zod that no command needs.
 *
 * They are open where the shapes are closed: whoever reads our output must not mind a field that a later version adds.
 */
import * as z from 'zod/mini'
import { accountResultSchema } from '../shapes/account-shape.ts'
import { accountsListSchema } from '../shapes/accounts-list-shape.ts'
import { ackSchema } from '../shapes/ack-shape.ts'
import { appListSchema } from '../shapes/app-list-shape.ts'
import { channelsSchema } from '../shapes/channels-shape.ts'
import { configListSchema } from '../shapes/config-list-shape.ts'
import { deliverSchema, deliverToSchema } from '../shapes/deliver-shape.ts'
import { deliverySchema } from '../shapes/delivery-shape.ts'
import { doctorSchema } from '../shapes/doctor-shape.ts'
import { errorSchema } from '../shapes/error-shape.ts'
import { historySchema } from '../shapes/history-shape.ts'
import { hooksSchema } from '../shapes/hooks-shape.ts'
import { importResultSchema } from '../shapes/import-result-shape.ts'
import { importSchema } from '../shapes/import-shape.ts'
import { loginSchema } from '../shapes/login-shape.ts'
import { markSchema } from '../shapes/mark-shape.ts'
import { migrateSchema } from '../shapes/migrate-shape.ts'
import { noticeMessageSchema } from '../shapes/notice-shape.ts'
import { rekeySchema } from '../shapes/rekey-shape.ts'
import { renewPlanSchema } from '../shapes/renew-plan-shape.ts'
import { renewSchema } from '../shapes/renew-shape.ts'
import { scheduleInstallSchema, scheduleRemoveSchema, scheduleShowSchema } from '../shapes/schedule-shape.ts'
import { simulateSchema } from '../shapes/simulate-shape.ts'
import { statusLineSchema } from '../shapes/status-lines-shape.ts'
import { statusSchema } from '../shapes/status-shape.ts'
import { tagSchema } from '../shapes/tag-shape.ts'
import { tokenSchema } from '../shapes/token-shape.ts'
import { workerSchema } from '../shapes/worker-shape.ts'

/** By the command whose `--json` it is. A test names the command that has none. */
const OF_COMMANDS: Readonly<Record<string, z.ZodMiniType>> = {
  status: statusSchema,
  renew: z.union([renewSchema, renewPlanSchema]),
  'set-amazon': accountResultSchema,
  login: loginSchema,
  track: accountResultSchema,
  renewed: accountResultSchema,
  'app list': appListSchema,
  import: importResultSchema,
  migrate: migrateSchema,
  rekey: rekeySchema,
  'accounts list': accountsListSchema,
  'accounts ack': ackSchema,
  'accounts tag': tagSchema,
  'accounts deliver-to': deliverToSchema,
  deliver: deliverSchema,
  token: tokenSchema,
  'notices list': channelsSchema,
  'hooks list': hooksSchema,
  history: historySchema,
  doctor: doctorSchema,
  'schedule install': scheduleInstallSchema,
  'schedule show': scheduleShowSchema,
  'schedule remove': scheduleRemoveSchema,
  'config list': configListSchema,
  mark: markSchema,
  worker: workerSchema,
  simulate: simulateSchema,
}

/** Other documents that go between tokenctl and programs, by the name of the file and what they are. */
const OF_DOCUMENTS: Readonly<Record<string, { readonly title: string; readonly shape: z.ZodMiniType }>> = {
  error: { title: 'What a command prints under --json when it fails as a whole', shape: errorSchema },
  'status-lines': { title: 'A line of tokenctl status --format jsonl', shape: statusLineSchema },
  'delivery-document': { title: 'What a receiver of tokens gets', shape: deliverySchema },
  'notice-document': { title: 'What the program or webhook of a notice gets', shape: noticeMessageSchema },
  'import-document': { title: 'What tokenctl import reads', shape: importSchema },
}

/** A document of JSON Schema, draft 2020-12. */
export type SchemaDocument = Readonly<Record<string, unknown>>

/** The commands that have one: `app list`. */
export const COMMANDS_WITH_SCHEMA: readonly string[] = Object.keys(OF_COMMANDS)

/** Every published schema by the name of its file without the end: `app-list`. */
export function schemaDocuments(): ReadonlyMap<string, SchemaDocument> {
  const commands = Object.entries(OF_COMMANDS).map(([command, shape]) =>
    named(command.replaceAll(' ', '-'), `tokenctl ${command} --json`, shape, 'output'),
  )
  const others = Object.entries(OF_DOCUMENTS).map(([name, { title, shape }]) =>
    named(name, title, shape, name === 'import-document' ? 'input' : 'output'),
  )
  return new Map([...commands, ...others])
}

type Named = readonly [name: string, schema: SchemaDocument]

function named(name: string, title: string, shape: z.ZodMiniType, io: 'input' | 'output'): Named {
  const { $schema, ...rest } = z.toJSONSchema(shape, {
    target: 'draft-2020-12',
    io,
    override: ({ jsonSchema }) => {
      // What is read from people is held to its letters, so that a misspelt field is not lost.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      // Four lines of pattern say no more than the format does; an integer's bounds are those of every JSON number.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'uri') delete jsonSchema.pattern
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  return [name, { $schema, $id: `urn:tokenctl:${name}:${versionOf(rest)}`, title, ...rest }]
}

/** The `version` that the document says of itself; of a choice of shapes the one that all of them say. */
function versionOf(schema: unknown): number {
  const text = JSON.stringify(schema)
  const [version] = /"version":\{[^}]*"const":(\d+)/.exec(text)?.slice(1) ?? []
  if (version === undefined) throw new Error('A published shape has no version.')
  return Number(version)
}
