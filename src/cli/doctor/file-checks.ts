/**
 * Whether folders and files are private, and what killed runs left half written; with what `--fix` does about both.
 * It closes what is ours to others, and removes half-written files. It never removes anything else, readable or not.
 */
import { basename, dirname, join } from 'node:path'
import { systemCode } from '../../errors.ts'
import type { Loose } from '../../platform/loose-files.ts'
import { settingsPath } from '../../settings.ts'
import type { DoctorReport, Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { keyFileOf } from './key-check.ts'

/** One file open to others is told by itself; more in one folder are told together. */
const TOLD_APART = 3

/** What is not private: the state folder with all in it, the folder of the settings, the key file. */
export function looseOf({
  world,
  machine,
  vault,
}: Pick<Ground, 'world' | 'machine' | 'vault'>): readonly Loose[] {
  const { state, settings } = world.folders
  const keyFile = vault && keyFileOf(vault)
  const all = [
    ...machine.looseUnder(state),
    ...machine.looseFolder(settings),
    ...(keyFile === undefined ? [] : machine.looseFile(keyFile)),
  ]
  return all.filter((each, index) => all.findIndex(other => other.path === each.path) === index)
}

/** The findings on modes, owners and links. */
export function folderChecks(ground: Ground): readonly Finding[] {
  const { world, machine } = ground
  if (world.files.platform === 'win32')
    return [ok('folders', 'Windows keeps the folders of a user to that user.', world.folders.state)]
  const loose = looseOf(ground)
  const above = [
    ...new Set([world.folders.state, world.folders.settings].flatMap(path => machine.openAbove(path) ?? [])),
  ]
  const found = [...grouped(loose), ...above.map(openFinding)]
  return found.length > 0
    ? found
    : [ok('folders', 'The folders and the files in them are private.', world.folders.state)]
}

function grouped(loose: readonly Loose[]): readonly Finding[] {
  const byFolder = new Map<string, Loose[]>()
  for (const each of loose) {
    const folder = each.canClose ? dirname(each.path) : each.path
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), each])
  }
  return [...byFolder].flatMap(([folder, each]) =>
    each.length > TOLD_APART ? [together(folder, each)] : each.map(alone),
  )
}

function alone({ path, problem: error, canClose }: Loose): Finding {
  const mend = canClose ? `\`tokenctl doctor --fix\` closes it. ${EXPOSED}` : error.fix
  return problem('folders', error, { where: path, mend })
}

function together(folder: string, loose: readonly Loose[]): Finding {
  const [first] = loose
  return problem(
    'folders',
    `${loose.length} files in ${folder} are open to others, among them ${basename(first?.path ?? '')}.`,
    {
      where: folder,
      mend: `\`tokenctl doctor --fix\` closes them. ${EXPOSED}`,
      code: first?.problem.code,
    },
  )
}

const EXPOSED = 'If somebody else could have read it, have new tokens and keys issued too.'

function openFinding(folder: string): Finding {
  return warning(
    'folders',
    `Everybody may write ${folder}, and so put another folder in the place of ours.`,
    {
      where: folder,
      mend: `\`chmod o-w ${folder}\`, or move ours with TOKENCTL_HOME.`,
    },
  )
}

/** The findings on half-written files. */
export function leftoverChecks(ground: Ground): readonly Finding[] {
  const left = leftoversOf(ground)
  const [first] = left
  if (first === undefined) return [ok('leftovers', 'No killed run left half-written files.')]
  const what =
    left.length === 1
      ? `A killed run left a half-written file: ${first}.`
      : `Killed runs left ${left.length} half-written files, among them ${first}.`
  return [
    warning('leftovers', what, {
      where: first,
      mend: '`tokenctl doctor --fix` removes it; nothing of a token is in it that is not sealed.',
    }),
  ]
}

function leftoversOf({ world, machine }: Pick<Ground, 'world' | 'machine'>): readonly string[] {
  const { state, settings } = world.folders
  const folders = [state, ...machine.namesIn(state).map(name => join(state, name)), settings]
  return folders
    .filter(folder => machine.looseFolder(folder).length === 0)
    .flatMap(folder => machine.leftoversIn(folder))
}

/** Mends what is safe to mend. @returns what was done, in the past tense, and what could not be. */
export function mendFiles(ground: Ground): DoctorReport['fixed'] {
  const { world, machine } = ground
  const settings = settingsPath(world.folders)
  const closed = looseOf(ground)
    .filter(({ canClose }) => canClose)
    .map(({ path }) => path)
  if (machine.isWritableByOthers(settings)) closed.push(settings)
  const fixed = closed.map(path =>
    attempt(
      path,
      () => `Closed to others (its mode was ${machine.closeToOthers(path).toString(8).padStart(4, '0')}).`,
    ),
  )
  // After the folders are closed, so that what is in them can be trusted to be ours.
  const removed = leftoversOf(ground).map(path =>
    attempt(path, () => {
      machine.removeLeftover(path)
      return 'Removed: half written by a run that was killed.'
    }),
  )
  return [...fixed, ...removed]
}

function attempt(where: string, work: () => string): DoctorReport['fixed'][number] {
  try {
    return { what: work(), where }
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    return { what: `Left as it is: the system refused (${code}).`, where }
  }
}
