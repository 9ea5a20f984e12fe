/**
 * What is wrong with a schedule that is installed: held beside the one that would be installed now, by this program,
 * from this shell. Pure; whether a file is there is asked of the caller.
 */
import { HOME_VARIABLES, homeOf, isHomeVariable, type Job } from './job.ts'

/** How a scheduler has it. */
export interface InstalledJob {
  /** What it was made of; undefined where its mark is gone. */
  readonly job: Job | undefined
  /** Whether the text is exactly what that job makes. */
  readonly isAsMade: boolean
  /** Whether the scheduler will start it; null where it did not answer. */
  readonly isActive: boolean | null
}

export const FINDINGS = [
  'changed-by-hand',
  'not-active',
  'node-gone',
  'program-gone',
  'other-home',
  'other-node',
  'other-program',
  'other-variables',
] as const

export interface Finding {
  readonly what: (typeof FINDINGS)[number]
  /** Whether the accounts of this shell may go unrenewed because of it. */
  readonly isGrave: boolean
  /** One whole sentence. */
  readonly message: string
  /** What mends it, whole sentences. */
  readonly fix: string
}

const INSTALL = '`tokenctl schedule install`'

/** The findings, gravest first; none where it is as it would be installed now. */
export function driftOf(
  installed: InstalledJob,
  wanted: Job,
  exists: (path: string) => boolean,
): readonly Finding[] {
  const { job } = installed
  const found = [...ofText(installed), ...(job === undefined ? [] : ofJob(job, wanted, exists))]
  return found.sort((a, b) => Number(b.isGrave) - Number(a.isGrave))
}

/** Whether two jobs work on the same accounts. */
export function isSameHome(job: Pick<Job, 'env'>, other: Pick<Job, 'env'>): boolean {
  return HOME_VARIABLES.every(name => job.env[name] === other.env[name])
}

function ofText({ isAsMade, isActive }: InstalledJob): Finding[] {
  const found: Finding[] = []
  if (!isAsMade) {
    found.push({
      what: 'changed-by-hand',
      isGrave: true,
      message: 'Its text was changed by hand, or made by another version of tokenctl.',
      fix: `${INSTALL} writes it anew.`,
    })
  }
  if (isActive === false) {
    found.push({
      what: 'not-active',
      isGrave: true,
      message: 'It is there, and the scheduler does not run it.',
      fix: `${INSTALL} switches it on.`,
    })
  }
  return found
}

function ofJob(job: Job, wanted: Job, exists: (path: string) => boolean): Finding[] {
  return [
    ...ofPath('node', job.node, wanted.node, exists),
    ...ofPath('program', job.entry, wanted.entry, exists),
    ...ofHome(job, wanted),
    ...ofVariables(job, wanted),
  ]
}

function ofPath(
  which: 'node' | 'program',
  path: string,
  now: string,
  exists: (path: string) => boolean,
): Finding[] {
  const name = which === 'node' ? 'Node' : 'tokenctl'
  if (!exists(path)) {
    return [
      {
        what: `${which}-gone`,
        isGrave: true,
        message: `${name} is no longer at ${path}, from where the schedule starts it.`,
        fix: `${INSTALL} makes it ${now}.`,
      },
    ]
  }
  if (path === now) return []
  return [
    {
      what: `other-${which}`,
      isGrave: false,
      message: `The schedule starts ${name} from ${path}; what runs here is ${now}.`,
      fix: `Where the first shall go: ${INSTALL} makes it ${now}.`,
    },
  ]
}

/** How a home is called in a sentence. */
export function homeWords(job: Pick<Job, 'env'>): string {
  return homeOf(job) || "the user's own home"
}

/** A command line for the home of a job, as it can be typed in any other. */
export function inHome(job: Pick<Job, 'env'>, command: string): string {
  const unset = HOME_VARIABLES.filter(name => name !== 'HOME' && job.env[name] === undefined)
  const set = HOME_VARIABLES.flatMap(name =>
    job.env[name] === undefined ? [] : [`'${name}=${job.env[name]}'`],
  )
  return `env ${[...unset.map(name => `-u ${name}`), ...set].join(' ')} ${command}`
}

function ofHome(job: Job, wanted: Job): Finding[] {
  if (isSameHome(job, wanted)) return []
  return [
    {
      what: 'other-home',
      isGrave: true,
      message: `It renews the accounts of ${homeWords(job)}, and this shell is set to ${homeWords(wanted)}.`,
      fix: `To have this one's renewed in their place, take that schedule away first: \`${inHome(job, 'tokenctl schedule remove')}\`.`,
    },
  ]
}

function ofVariables(job: Job, wanted: Job): Finding[] {
  const names = [...new Set([...Object.keys(job.env), ...Object.keys(wanted.env)])]
    .filter(name => !isHomeVariable(name))
    .filter(name => job.env[name] !== wanted.env[name])
  if (names.length === 0) return []
  return [
    {
      what: 'other-variables',
      isGrave: false,
      message: `The schedule has another ${names.join(', ')} than this shell.`,
      fix: `Where this shell's shall hold: ${INSTALL} takes them.`,
    },
  ]
}
