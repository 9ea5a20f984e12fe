/**
 * The task of Windows' Task Scheduler, as the XML that `schtasks` takes and gives. Pure. Never tried by us on Windows.
 *
 * @see https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
 */
import { TokenctlError } from '../errors.ts'
import {
  formatClockTime,
  formatInterval,
  INTERVALS,
  type Job,
  jobIn,
  markOf,
  minutesOf,
  spreadWithin,
  timesOf,
  WORDS,
} from './job.ts'
import { CONTROLS, refuse } from './refusal.ts'
import { plainText, xmlText } from './xml.ts'

/** The task's name. */
export const TASK = 'tokenctl-renew'

/**
 * The task.
 *
 * @throws {USAGE} for control characters and quotes in a path or value; where variables must be given, which goes
 *   through cmd.exe, also for the signs that it takes for its own; and for more starts a day than a task can have.
 */
export function taskXml(job: Job): string {
  refuse(job, CONTROLS, 'control characters')
  refuse(job, /"/, 'quotes')
  const { command, words } = actionOf(job)
  const times = timesOf(job)
  if (times.length > MOST_TRIGGERS) throw tooOften(job)
  const triggers = times.map(
    time => `    <CalendarTrigger>
      <StartBoundary>2026-01-01T${formatClockTime(time)}:00</StartBoundary>
      <Enabled>true</Enabled>
      <RandomDelay>PT${spreadWithin(job)}M</RandomDelay>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>`,
  )
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Renews the credentials that tokenctl keeps, where they are due. Made by "tokenctl schedule install"; "tokenctl schedule remove" takes it away.</Description>
    <Documentation>${xmlText(markOf(job))}</Documentation>
  </RegistrationInfo>
  <Triggers>
${triggers.join('\n')}
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <ExecutionTimeLimit>PT30M</ExecutionTimeLimit>
    <Enabled>true</Enabled>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(command)}</Command>
      <Arguments>${xmlText(words)}</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

// "A task can have a maximum of 48 triggers": https://learn.microsoft.com/windows/win32/taskschd/task-triggers (23 Nov 2026)
const MOST_TRIGGERS = 48
/** Its shortest interval, in minutes. */
export const SHORTEST_TASK_MINUTES = 1440 / MOST_TRIGGERS

function tooOften({ every }: Job): TokenctlError {
  const can = INTERVALS.filter(each => minutesOf('day') / minutesOf(each) <= MOST_TRIGGERS).map(
    formatInterval,
  )
  return new TokenctlError(
    'USAGE',
    `Task Scheduler starts a task ${MOST_TRIGGERS} times a day at most, which is not every ${formatInterval(every)}.`,
    { fix: `Nothing was changed. Give one that it can, by \`--every\`: ${can.join(', ')}.` },
  )
}

/** A task has no variables of its own: where some are needed, cmd.exe sets them before it starts the program. */
function actionOf(job: Job): { readonly command: string; readonly words: string } {
  const variables = Object.entries(job.env)
  if (variables.length === 0) return { command: job.node, words: `"${job.entry}" ${WORDS.join(' ')}` }
  refuse(job, /[%^&|<>!]/, 'a sign that cmd.exe takes for its own')
  const sets = variables.map(([name, value]) => `set "${name}=${value}"&& `).join('')
  return {
    command: '%SystemRoot%\\System32\\cmd.exe',
    words: `/d /v:off /s /c "${sets}"${job.node}" "${job.entry}" ${WORDS.join(' ')}"`,
  }
}

/** The job that a task was made of, from the XML that the system gives back; undefined where that was changed. */
export function jobOfTask(xml: string): Job | undefined {
  return jobIn(plainText(xml))
}

/**
 * Whether a task still does what it was made for. The system writes the XML anew in its own way, so what counts is
 * compared, and not the text.
 */
export function isSameTask(xml: string, made: string): boolean {
  const same = ['Command', 'Arguments', 'StartBoundary'].every(
    name => JSON.stringify(contents(xml, name)) === JSON.stringify(contents(made, name)),
  )
  return same && !contents(xml, 'Enabled').includes('false')
}

function contents(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    plainText(text.trim()),
  )
}
