/** docs/delivery.md, held against the program: its document, its commands, and its three checks of a signature. */
import { spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { signedPost } from '../src/cli/delivery/delivery-document.ts'
import { buildProgram } from '../src/cli/program.ts'
import { deliverySchema } from '../src/cli/shapes/delivery-shape.ts'
import { Secret } from '../src/tokens/secret.ts'
import { hasProgram } from './support/needed-program.ts'
import { temporaryHome } from './support/temporary-home.ts'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'delivery.md'), 'utf8')
const fences = (language: string) =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(each => each[1] === language)
    .map(each => each[2] ?? '')

test('the document is one that a receiver gets, and every field has its row', () => {
  const [json = ''] = fences('json')
  const document = deliverySchema.parse(JSON.parse(json))
  const rows = [...text.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(row => [
    ...(row[1] ?? '').matchAll(/`(\w+)`/g),
  ])
  const named = rows.map(row => row[1])
  for (const field of Object.keys(document)) expect(named).toContain(field)
})

test('every command parses', async () => {
  const lines = fences('sh').flatMap(body => body.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(2)
  for (const line of lines) {
    let ran = 0
    const program = await buildProgram(async () => {
      ran += 1
    })
    await program.parseAsync(line.split(' ').slice(1), { from: 'user' })
    expect([line, ran]).toEqual([line, 1])
  }
})

/** How each language's check is called, given signature, body file and key as arguments; exit status 0 is genuine. */
const LANGUAGES = {
  js: {
    program: process.execPath,
    options: [],
    file: 'check.mjs',
    wrap: (code: string) =>
      `import { readFileSync } from 'node:fs'\n${code}\nconst [s, b, k] = process.argv.slice(2)\nprocess.exit(isGenuine(s, readFileSync(b), k) ? 0 : 1)\n`,
  },
  python: {
    program: 'python3',
    options: [],
    file: 'check.py',
    wrap: (code: string) =>
      `import sys\n${code}\nsys.exit(0 if is_genuine(sys.argv[1], open(sys.argv[2], "rb").read(), sys.argv[3]) else 1)\n`,
  },
  php: {
    program: process.env['TOKENCTL_PHP'] ?? 'php',
    options: ['-n'],
    file: 'check.php',
    wrap: (code: string) =>
      `<?php\n${code}\nexit(is_genuine($argv[1], file_get_contents($argv[2]), $argv[3]) ? 0 : 1);\n`,
  },
} as const

describe.each(['js', 'python', 'php'] as const)('the check in %s', language => {
  const { program, options, file, wrap } = LANGUAGES[language]
  const isHere = hasProgram(program)
  const key = randomBytes(32).toString('base64')
  const other = randomBytes(32).toString('base64')
  const now = () => Date.now()
  const body = '{"seller":"Müller & Söhne \u{1f6d2}","tokens":[]}'

  /** What tokenctl itself sends. */
  function signatureAt(at: number, by = key): string {
    const way = { url: new Secret('https://hooks.example.com/'), key: new Secret(by) }
    return signedPost(way, { id: 'dlv_', text: body }, at).headers['tokenctl-signature'] ?? ''
  }

  test.skipIf(!isHere).each<[what: string, signature: () => string, given: string, genuine: boolean]>([
    ['what was sent', () => signatureAt(now()), body, true],
    ['another body', () => signatureAt(now()), `${body} `, false],
    ['another key', () => signatureAt(now(), other), body, false],
    ['ten minutes old', () => signatureAt(now() - 600_000), body, false],
    ['ten minutes ahead', () => signatureAt(now() + 600_000), body, false],
    [
      'a later time than was signed',
      () => signatureAt(now() - 400_000).replace(/\d+/, String(Math.floor(now() / 1000))),
      body,
      false,
    ],
    ['no signature', () => `t=${Math.floor(now() / 1000)}`, body, false],
    ['an empty signature', () => `t=${Math.floor(now() / 1000)},v1=`, body, false],
    ['half of it', () => signatureAt(now()).slice(0, -2), body, false],
    ['nothing', () => '', body, false],
    ['no fields', () => ',,,', body, false],
    ['no number', () => signatureAt(now()).replace(/t=\d+/, 't=soon'), body, false],
    ['more fields than are known', () => `${signatureAt(now())},v2=later`, body, true],
  ])('%s', (_, signature, given, genuine) => {
    const folder = temporaryHome()
    const [code = ''] = fences(language)
    writeFileSync(join(folder, file), wrap(code))
    writeFileSync(join(folder, 'body'), given)
    const run = spawnSync(program, [...options, join(folder, file), signature(), join(folder, 'body'), key])
    expect({ stderr: String(run.stderr), status: run.status }).toEqual({
      stderr: '',
      status: genuine ? 0 : 1,
    })
  })
})

test('the words on how it is signed are what is signed', () => {
  const [key, t] = [randomBytes(32), 1_795_341_600]
  const way = { url: new Secret('https://hooks.example.com/'), key: new Secret(key.toString('base64')) }
  const { headers } = signedPost(way, { id: 'dlv_', text: 'body' }, t * 1000)
  const v1 = createHmac('sha256', key).update(`${t}.body`).digest('hex')
  expect(headers['tokenctl-signature']).toBe(`t=${t},v1=${v1}`)
  for (const name of Object.keys(headers)) expect(text).toContain(`${name}: `)
})
