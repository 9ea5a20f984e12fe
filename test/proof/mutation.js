/**
 * The mutation run: small faults are put into the files that must not fail, one at a time, and a test has to notice
 * each. What was noticed, and what was not, stands in docs/reliability.md, "Mutation run".
 *
 *   node test/proof/mutation.js                   every group of mutation-groups.json
 *   node test/proof/mutation.js lock store        these groups
 *   node test/proof/mutation.js --work FOLDER …   works there; a second run asks again only what has changed since
 *
 * Works on a copy, so that the tree may be edited meanwhile. Stryker and the newer Node that it wants are installed
 * into that copy alone: 150 packages that nobody needs who only builds or tests. Ends with 1 below the bar.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STRYKER = '10.1.1'
/** Stryker's own `engines`, on npm's registry: `node >=22.0.0`, checked 23 Nov 2026. */
const NODE_FOR_STRYKER = 22
const BAR_PERCENT = 90
const COPIED = ['.ci', 'bin', 'src', 'test', 'package.json', 'package-lock.json', 'tsconfig.json']

const words = process.argv.slice(2)
const workAt = words.indexOf('--work')
const [, given] = workAt === -1 ? [] : words.splice(workAt, 2)
const work = given ?? join(tmpdir(), 'tokenctl-mutation')
const project = join(work, 'project')

const read = path => JSON.parse(readFileSync(path, 'utf8'))
const groups = read(new URL('mutation-groups.json', import.meta.url))
const chosen = words.length > 0 ? words : Object.keys(groups)
const unknown = chosen.filter(name => !Object.hasOwn(groups, name))
if (unknown.length > 0) {
  console.error(`No such group: ${unknown.join(', ')}. There are: ${Object.keys(groups).join(', ')}.`)
  process.exit(2)
}

/** Runs a program to its end and stops everything when it fails. */
function run(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: project, env, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
}

function copyProject() {
  mkdirSync(project, { recursive: true })
  for (const name of COPIED) {
    rmSync(join(project, name), { recursive: true, force: true })
    cpSync(join(ROOT, name), join(project, name), { recursive: true })
  }
}

/** The project's own packages as they are locked, then Stryker beside them; once for each lock file. */
function install() {
  const mark = join(project, 'node_modules', '.tokenctl-mutation')
  const wanted = `${STRYKER}\n${readFileSync(join(project, 'package-lock.json'), 'utf8')}`
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run('npm', ['ci', ...quiet])
  const tools = [`@stryker-mutator/core@${STRYKER}`, `@stryker-mutator/vitest-runner@${STRYKER}`]
  if (major() < NODE_FOR_STRYKER) tools.push(`node-${process.platform}-${process.arch}@24`)
  run('npm', ['install', '--no-save', ...quiet, ...tools])
  writeFileSync(mark, wanted)
}

const major = () => Number(process.versions.node.split('.')[0])

function nodeForStryker() {
  return major() >= NODE_FOR_STRYKER
    ? process.execPath
    : join(project, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
}

/** Mutates the files of one part under its tests and gives every mutant with what became of it. */
function mutate({ mutate: files, tests, pool = 'threads' }) {
  const name = files[0].replace(/\W/g, '-')
  const report = join(work, `${name}.json`)
  const settings = read(join(ROOT, '.ci', 'stryker.config.json'))
  const config = {
    ...settings,
    vitest: { ...settings.vitest, pool },
    mutate: files,
    tempDirName: join(work, 'sandbox'),
    incrementalFile: join(work, `${name}.incremental.json`),
    jsonReporter: { fileName: report },
  }
  forgetSurvivors(config.incrementalFile)
  const configPath = join(work, `${name}.config.json`)
  writeFileSync(configPath, JSON.stringify(config))
  const stryker = join('node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  run(nodeForStryker(), [stryker, 'run', configPath], {
    ...env,
    PROOF_MUTATION_TESTS: JSON.stringify(tests),
  })
  return Object.entries(read(report).files).flatMap(([file, { source, mutants }]) =>
    mutants.map(mutant => ({ ...mutant, file, was: textAt(source, mutant.location) })),
  )
}

/**
 * Has every mutant that lived asked again. Stryker does so only where a test that reached it has changed, and of one at
 * module level it does not know which tests do.
 */
function forgetSurvivors(incrementalFile) {
  if (!existsSync(incrementalFile)) return
  const report = read(incrementalFile)
  for (const file of Object.values(report.files))
    file.mutants = file.mutants.filter(({ status }) => status === 'Killed')
  writeFileSync(incrementalFile, JSON.stringify(report))
}

function textAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return lines.join(' ').replace(/\s+/g, ' ')
}

function row(label, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length
  const [killed, timedOut] = [count('Killed'), count('Timeout')]
  const survived = count('Survived', 'NoCoverage')
  const score = (100 * (killed + timedOut)) / (killed + timedOut + survived)
  return { label, mutants: killed + timedOut + survived, killed, timedOut, survived, score }
}

const line = ({ label, mutants, killed, timedOut, survived, score }) =>
  `| ${label} | ${mutants} | ${killed} | ${timedOut} | ${survived} | ${score.toFixed(1)} % |`

const ofFile = (mutants, name) => mutants.filter(({ file }) => file === name)

function print(name, mutants) {
  console.log(`\n## ${name}\n\n| file | mutants | killed | timed out | survived | score |`)
  console.log('|---|---|---|---|---|---|')
  for (const file of new Set(mutants.map(mutant => mutant.file)))
    console.log(line(row(file, ofFile(mutants, file))))
  console.log(line(row('**all**', mutants)))
  // A loop without end and a machine that was too busy look the same: what timed out is for a person to judge.
  const left = mutants.filter(({ status }) => ['Survived', 'NoCoverage', 'Timeout'].includes(status))
  for (const { file, location, mutatorName, was, replacement, status } of left)
    console.log(`- ${file}:${location.start.line} ${mutatorName} (${status}): ${was} → ${replacement}`)
}

// The machine is somebody's: whatever else runs goes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
copyProject()
install()
const results = chosen.map(name => {
  const mutants = groups[name].flatMap(mutate)
  print(name, mutants)
  return row(name, mutants)
})
console.log('\n## Groups\n')
for (const result of results) console.log(line(result))
process.exitCode = results.every(({ score }) => score >= BAR_PERCENT) ? 0 : 1
