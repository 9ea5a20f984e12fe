/**
 * The property list of a launchd agent, as text, by launchd.plist(5). Pure. Never tried by us on a Mac.
 */
import { type ClockTime, hoursAndMinutes, type Job, markOf, timesOf, WORDS } from './job.ts'
import { CONTROLS, refuse } from './refusal.ts'
import { xmlText } from './xml.ts'

/** The agent's name, for launchd and its file. */
export const LABEL = 'tokenctl.renew'

/** The agent's file. @throws {USAGE} for control characters in a path or value. */
export function launchdPlist(job: Job): string {
  refuse(job, CONTROLS, 'control characters')
  // launchd makes up for one run that the Mac slept through, and spreads nothing: the minute is this machine's own.
  const times = timesOf(job, job.spread)
  const { hours, minutes } = hoursAndMinutes(times)
  // Without an hour it is every hour, as launchd.plist(5) has it.
  const dicts = hours === null ? minutes.map(minute => timeDict({ minute })) : times.map(timeDict)
  const variables = Object.entries(job.env).map(([name, value]) => `    ${key(name)}\n    ${string(value)}`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Made by \`tokenctl schedule install\`; \`tokenctl schedule remove\` takes it away. -->
<!-- ${markOf(job).replaceAll('--', '-\\u002d')} -->
<plist version="1.0">
<dict>
  ${key('Label')}
  ${string(LABEL)}
  ${key('ProgramArguments')}
  <array>
${[job.node, job.entry, ...WORDS].map(word => `    ${string(word)}`).join('\n')}
  </array>
${variables.length === 0 ? '' : `  ${key('EnvironmentVariables')}\n  <dict>\n${variables.join('\n')}\n  </dict>\n`}  ${key('StartCalendarInterval')}
  <array>
${dicts.join('\n')}
  </array>
  ${key('RunAtLoad')}
  <false/>
  ${key('ProcessType')}
  ${string('Background')}
  ${key('Umask')}
  <integer>63</integer>
</dict>
</plist>
`
}

function timeDict({ hour, minute }: Pick<ClockTime, 'minute'> & Partial<ClockTime>): string {
  const ofHour = hour === undefined ? '' : `      ${key('Hour')}\n      <integer>${hour}</integer>\n`
  return `    <dict>
${ofHour}      ${key('Minute')}
      <integer>${minute}</integer>
    </dict>`
}

const key = (name: string) => `<key>${xmlText(name)}</key>`
const string = (text: string) => `<string>${xmlText(text)}</string>`
