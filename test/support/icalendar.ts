/**
 * What a reader of calendars that others wrote makes of a file: Python's `icalendar`, which calendar servers are built
 * on (Debian's package python3-icalendar).
 */
import { spawnSync } from 'node:child_process'

export interface OtherEvent {
  readonly uid: string
  /** `2026-12-10`; a time where it is no whole day. */
  readonly day: string
  readonly summary: string
  readonly description: string
  readonly sequence: number
  /** Each alarm's time from the beginning of the day, in seconds, and its text. */
  readonly alarms: readonly (readonly [seconds: number, description: string])[]
}

export interface OtherCalendar {
  /** `PUBLISH`, where it says so. */
  readonly method: string | null
  readonly events: readonly OtherEvent[]
  /** What the reader could not take; it goes on without that. */
  readonly errors: readonly string[]
}

const READ = `
import json, sys
from icalendar import Calendar
calendar = Calendar.from_ical(sys.stdin.buffer.read())
def of(event):
    return {
        "uid": str(event["UID"]),
        "day": event.decoded("DTSTART").isoformat(),
        "summary": str(event["SUMMARY"]),
        "description": str(event["DESCRIPTION"]),
        "sequence": int(event["SEQUENCE"]),
        "alarms": [
            [int(alarm.decoded("TRIGGER").total_seconds()), str(alarm["DESCRIPTION"])]
            for alarm in event.walk("VALARM")
        ],
    }
errors = [f"{part.name} {error}" for part in calendar.walk() for error in part.errors]
method = calendar.get("METHOD")
events = [of(event) for event in calendar.walk("VEVENT")]
json.dump({"method": None if method is None else str(method), "events": events, "errors": errors}, sys.stdout)
`

/** Reads a calendar file by a Python that has the module. @throws what the reader says of one that it does not take */
export function readByIcalendar(python: string, text: string): OtherCalendar {
  const { status, stdout, stderr } = spawnSync(python, ['-c', READ], {
    input: text,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], PYTHONIOENCODING: 'utf-8' },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as OtherCalendar
}
