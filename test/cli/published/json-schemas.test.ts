/** The published schemas: one for each command that prints JSON, open for what is added, strict about what is there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from '../../../src/cli/program.ts'
import { COMMANDS_WITH_SCHEMA, schemaDocuments } from '../../../src/cli/published/json-schemas.ts'
import { schemaChecker } from '../../support/json-schema.ts'

const schemas = schemaDocuments()
const page = readFileSync(join(import.meta.dirname, '../../../docs/json.md'), 'utf8')

test('every command with --json has one, and no other command', async () => {
  const program = await buildProgram(async () => {})
  const path = (command: Command) =>
    command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`
  const printing = program.commands
    .flatMap(command => [command, ...command.commands])
    .filter(command => command.options.some(({ long }) => long === '--json'))
  expect([...COMMANDS_WITH_SCHEMA].sort()).toEqual(printing.map(path).sort())
})

describe.each([...schemas])('%s', (name, schema) => {
  test('is a schema of draft 2020-12, by its own name and version', () => {
    expect(() => schemaChecker(schema)).not.toThrow()
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: expect.stringMatching(new RegExp(`^urn:tokenctl:${name}:[1-9]\\d*$`)),
      title: expect.any(String),
    })
  })

  test('stands in docs/json.md', () => {
    expect(page).toContain(`\`${name}.json\``)
  })

  test('is open, unless people write it', () => {
    const closed = JSON.stringify(schema).includes('"additionalProperties":false')
    expect(closed).toBe(name === 'import-document')
  })
})

test('docs/json.md names no other', () => {
  const named = [...page.matchAll(/`([a-z-]+)\.json`/g)].map(([, name]) => name)
  expect(new Set(named)).toEqual(new Set(schemas.keys()))
})

describe('what they hold', () => {
  const check = schemaChecker(schemas.get('accounts-list') ?? {})
  const row = {
    account: 'ebay:main',
    marketplace: 'ebay',
    name: 'main',
    app: 'default',
    environment: 'production',
    region: null,
    tracked: false,
    tags: { client: 'acme' },
  }

  test('a field that a later version adds', () => {
    expect(check({ version: 1, accounts: [{ ...row, colour: 'blue' }], more: {} })).toEqual([])
  })

  test.each([
    ['another version', { version: 2, accounts: [] }, '/version'],
    ['a field that is missing', { version: 1 }, 'accounts'],
    ['a field of another kind', { version: 1, accounts: [{ ...row, tracked: 'no' }] }, '/accounts/0/tracked'],
    ['a word that is none', { version: 1, accounts: [{ ...row, region: 'mars' }] }, '/accounts/0/region'],
    ['a tag that is no text', { version: 1, accounts: [{ ...row, tags: { a: 1 } }] }, '/accounts/0/tags/a'],
  ])('not %s', (_, document, where) => {
    expect(check(document).join('\n')).toContain(where)
  })

  test('a date is one', () => {
    const isToken = schemaChecker(schemas.get('token') ?? {})
    const token = { version: 1, account: 'ebay:main', token: 'x', type: 'bearer' }
    expect(isToken({ ...token, expiresAt: '2026-11-23T10:00:00Z' })).toEqual([])
    expect(isToken({ ...token, expiresAt: 'tomorrow' })).not.toEqual([])
  })
})
