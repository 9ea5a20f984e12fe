/**
 * A strict reader of calendar files (RFC 5545): the grammar of lines, values and components as far as an all-day entry
 * with alarms goes, and nothing that a lenient reader would mend in silence.
 */

export interface Component {
  readonly name: string
  readonly properties: ReadonlyMap<string, Property>
  readonly components: readonly Component[]
}

export interface Property {
  readonly parameters: Readonly<Record<string, string>>
  /** As it stands in the file. */
  readonly raw: string
  /** Of a text, what it means. */
  readonly value: string
}

/** What a component must have once and what it may have once; X-names are allowed everywhere. Sections 3.4 and 3.6. */
const COMPONENTS: Readonly<
  Record<
    string,
    { readonly must: readonly string[]; readonly may: readonly string[]; readonly parts: readonly string[] }
  >
> = {
  VCALENDAR: {
    must: ['VERSION', 'PRODID'],
    may: ['CALSCALE', 'METHOD', 'NAME', 'REFRESH-INTERVAL'],
    parts: ['VEVENT', 'VTIMEZONE'],
  },
  VEVENT: {
    must: ['UID', 'DTSTAMP', 'DTSTART'],
    may: ['SUMMARY', 'DESCRIPTION', 'SEQUENCE', 'LAST-MODIFIED', 'TRANSP', 'CATEGORIES'],
    parts: ['VALARM'],
  },
  // A display alarm (section 3.6.6).
  VALARM: { must: ['ACTION', 'DESCRIPTION', 'TRIGGER'], may: [], parts: [] },
  VTIMEZONE: { must: ['TZID'], may: [], parts: ['STANDARD'] },
  STANDARD: { must: ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'], may: [], parts: [] },
}

const TEXTS = ['SUMMARY', 'DESCRIPTION', 'NAME', 'CATEGORIES', 'PRODID', 'UID', 'TZID', 'X-WR-CALNAME']
const DURATION =
  /^[+-]?P(?:\d+W|\d+D(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?|T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))$/
const FORMS: Readonly<Record<string, RegExp>> = {
  VERSION: /^2\.0$/,
  CALSCALE: /^GREGORIAN$/,
  METHOD: /^PUBLISH$/,
  DTSTAMP: /^\d{8}T\d{6}Z$/,
  'LAST-MODIFIED': /^\d{8}T\d{6}Z$/,
  // An integer of 32 bits (section 3.3.8).
  SEQUENCE: /^\d{1,10}$/,
  TRANSP: /^(OPAQUE|TRANSPARENT)$/,
  ACTION: /^DISPLAY$/,
  TRIGGER: DURATION,
  'REFRESH-INTERVAL': DURATION,
  TZOFFSETFROM: /^[+-]\d{4}$/,
  TZOFFSETTO: /^[+-]\d{4}$/,
}

/** The calendar in a file. @throws on the first thing that breaks the grammar. */
export function parseCalendar(text: string): Component {
  const lines = unfold(text)
  const at = { line: 0 }
  const calendar = component(lines, at)
  if (calendar.name !== 'VCALENDAR') throw new Error(`begins with ${calendar.name}`)
  if (at.line !== lines.length) throw new Error('something follows the calendar')
  if (calendar.components.length === 0) throw new Error('a calendar without a component')
  const events = calendar.components.filter(each => each.name === 'VEVENT')
  const uids = events.map(each => each.properties.get('UID')?.value)
  if (new Set(uids).size !== uids.length) throw new Error('a UID twice')
  if (calendar.properties.has('METHOD') && events.length === 0) throw new Error('PUBLISH without an event')
  return calendar
}

/** Whole content lines. Each on the disk ends with CR LF, has 75 octets at most and is UTF-8 by itself (section 3.1). */
function unfold(text: string): string[] {
  if (!text.endsWith('\r\n')) throw new Error('the last line has no end')
  const lines: string[] = []
  for (const line of text.slice(0, -2).split('\r\n')) {
    if (/[\r\n]/.test(line)) throw new Error(`half an end of a line: ${JSON.stringify(line)}`)
    if (/\p{Cs}/u.test(line)) throw new Error(`half a character: ${JSON.stringify(line)}`)
    if (Buffer.byteLength(line) > 75) throw new Error(`${Buffer.byteLength(line)} octets: ${line}`)
    if (line === '') throw new Error('an empty line')
    if (!/^[ \t]/.test(line)) lines.push(line)
    else if (lines.length === 0) throw new Error('begins with a continuation')
    else lines[lines.length - 1] += line.slice(1)
  }
  return lines
}

function component(lines: readonly string[], at: { line: number }): Component {
  const name = /^BEGIN:([A-Z]+)$/.exec(lines[at.line] ?? '')?.[1] ?? ''
  const rules = COMPONENTS[name]
  if (rules === undefined) throw new Error(`no component begins: ${lines[at.line]}`)
  at.line += 1
  const properties = propertiesOf(name, lines, at)
  for (const key of rules.must) if (!properties.has(key)) throw new Error(`${name} without ${key}`)
  const components: Component[] = []
  while (lines[at.line]?.startsWith('BEGIN:')) {
    const part = component(lines, at)
    if (!rules.parts.includes(part.name)) throw new Error(`${part.name} in ${name}`)
    components.push(part)
  }
  if (lines[at.line] !== `END:${name}`) throw new Error(`not the end of ${name}: ${lines[at.line]}`)
  at.line += 1
  return { name, properties, components }
}

/** The properties of a component, all of them before its first part. */
function propertiesOf(name: string, lines: readonly string[], at: { line: number }): Map<string, Property> {
  const properties = new Map<string, Property>()
  for (let line = lines[at.line]; line !== undefined && !/^(BEGIN|END):/.test(line); line = lines[at.line]) {
    const [key, property] = parseLine(line)
    if (properties.has(key) || !isAllowed(key, name)) throw new Error(`twice or not in ${name}: ${key}`)
    properties.set(key, property)
    at.line += 1
  }
  return properties
}

function isAllowed(key: string, name: string): boolean {
  const rules = COMPONENTS[name]
  return key.startsWith('X-') || rules?.must.includes(key) === true || rules?.may.includes(key) === true
}

function parseLine(line: string): [name: string, Property] {
  const match = /^([A-Z0-9-]+)((?:;[A-Z0-9-]+=[^;:,"]*)*):(.*)$/s.exec(line)
  if (match === null) throw new Error(`no content line: ${line}`)
  const [, name = '', rest = '', raw = ''] = match
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(raw)) throw new Error(`a control character: ${line}`)
  const parameters = Object.fromEntries(
    rest
      .split(';')
      .slice(1)
      .map(each => each.split('=') as [string, string]),
  )
  return [name, { parameters, raw, value: meaningOf(name, raw, parameters) }]
}

function meaningOf(name: string, raw: string, parameters: Readonly<Record<string, string>>): string {
  if (TEXTS.includes(name)) {
    // A text's own backslashes, semicolons and commas are escaped; so is a newline, and nothing else.
    if (!/^(?:[^\\;,]|\\[\\;,nN])*$/.test(raw)) throw new Error(`no text in ${name}: ${raw}`)
    return raw.replace(/\\(.)/g, (_, character: string) => (/n/i.test(character) ? '\n' : character))
  }
  if (name === 'DTSTART') {
    const isDay = parameters['VALUE'] === 'DATE' ? /^\d{8}$/.test(raw) : /^\d{8}T\d{6}$/.test(raw)
    if (!isDay || !isDate(raw.slice(0, 8))) throw new Error(`no date in ${name}: ${raw}`)
    return raw
  }
  const form = FORMS[name]
  if (form !== undefined && !form.test(raw)) throw new Error(`no value of ${name}: ${raw}`)
  if (name === 'SEQUENCE' && Number(raw) > 2 ** 31 - 1) throw new Error(`too great: ${raw}`)
  if (/^\d{8}T/.test(raw) && !isDate(raw.slice(0, 8))) throw new Error(`no date in ${name}: ${raw}`)
  return raw
}

function isDate(digits: string): boolean {
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')
  const at = Date.parse(`${iso}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso)
}
