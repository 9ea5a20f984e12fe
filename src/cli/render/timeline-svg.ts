/**
 * The time line of the page: a few pictures, each with its own axis, so that paper can break between them. Places are
 * shares of the width and letters have their own size, so that it is read on a phone as on a wide screen. To a screen
 * reader each is one picture with a name and a description; all that it shows stands in the tables as words.
 */
import type { EpochMs } from '../../tokens/time.ts'
import { type Place, placeOn, type TimeLine, type Track } from '../status/timeline.ts'
import { cutMiddle } from './cut-middle.ts'
import { showDay } from './dates.ts'
import type { MarkName } from './html-shapes.ts'
import { type Markup, markup } from './markup.ts'
import { MONTH_NAMES } from './timeline-cells.ts'

/** As many as a page of paper has room for. */
const ROWS_OF_A_PICTURE = 18
const AXIS_HEIGHT = 40
const ROW_HEIGHT = 44
const LINE_IN_ROW = 31
/** As long as a phone has room for; the title that a pointer brings up has the whole. */
const LONGEST_NAME = 34
// Marks at either end must not be cut in half.
const MARGIN_PERCENT = 2

/** The tracks in pictures. */
export function timelinePictures(tracks: readonly Track[], line: TimeLine): Markup[] {
  const count = Math.ceil(tracks.length / ROWS_OF_A_PICTURE)
  return Array.from({ length: count }, (_, index) => {
    const first = index * ROWS_OF_A_PICTURE
    const shown = tracks.slice(first, first + ROWS_OF_A_PICTURE)
    const part = count === 1 ? '' : `, ${first + 1} to ${first + shown.length} of ${tracks.length}`
    return picture(shown, line, `Time line${part}`, index + 1)
  })
}

function picture(tracks: readonly Track[], line: TimeLine, title: string, number: number): Markup {
  const height = AXIS_HEIGHT + tracks.length * ROW_HEIGHT
  return markup`<figure><svg class="year" height="${height}" role="img" aria-labelledby="t${number} d${number}">
<title id="t${number}">${title}</title>
<desc id="d${number}">From ${showDay(line.begin)} to ${showDay(line.end)}; today is ${showDay(line.now)}. For each of ${tracks.length}: until when nothing has to be done, Renew by, and the end. The tables say the same in words.</desc>
${axis(line, height)}
${tracks.map((track, index) => rowMarkup(track, line, AXIS_HEIGHT + index * ROW_HEIGHT))}</svg></figure>
`
}

function axis(line: TimeLine, height: number): Markup[] {
  const months = line.months.map(({ begin, number, year }) => {
    const x = percent(placeOn(line, begin))
    const isJanuary = number === 0
    const name = isJanuary ? String(year) : (MONTH_NAMES[number] ?? '')
    // On a narrow screen there is room for the quarters only.
    const kind = isJanuary ? 'strong' : number % 3 === 0 ? '' : 'minor'
    return markup`<line class="grid${isJanuary ? ' january' : ''}" x1="${x}" x2="${x}" y1="36" y2="${height}"/><text class="${kind}" x="${x}" y="31">${name}</text>`
  })
  const today = percent(placeOn(line, line.now))
  return [
    ...months,
    markup`<line class="today" x1="${today}" x2="${today}" y1="18" y2="${height}"/><text class="strong" x="${today}" y="12" text-anchor="middle">today</text>`,
  ]
}

/** Everything of one track, around its own line: that lies at 0 from there on. */
function rowMarkup(track: Track, line: TimeLine, top: number): Markup {
  const { name, state } = track
  const short = cutMiddle(name, LONGEST_NAME, '…')
  const dates = datesOf(track).join(', ')
  return markup`<g class="${state}" transform="translate(0 ${top + LINE_IN_ROW})">${
    short === name ? null : markup`<title>${name}</title>`
  }<use href="#${state}" x="8" y="-19"/><text class="name" x="21" y="-14">${short}<tspan class="word" dx="7">${state}</tspan><tspan class="dates" dx="9">${dates}</tspan></text>${[
    stretch(track.life, 'life', line),
    stretch(track.quiet, 'quiet', line),
    mark(track.renewBy, 'renew-by', line),
    mark(track.end, track.isEstimated ? 'estimated-end' : 'reported-end', line),
  ]}</g>
`
}

function datesOf({ renewBy, end, isEstimated }: Track): string[] {
  if (renewBy === null && end === null) return ['no date is known']
  return [
    ...(renewBy === null ? [] : [`Renew by ${showDay(renewBy)}`]),
    ...(end === null ? [] : [`ends ${isEstimated ? '~' : ''}${showDay(end)}`]),
  ]
}

/** What is over before the line begins, or begins after it, is not on it. */
function stretch(stretched: Track['life'], kind: string, line: TimeLine): Markup | null {
  if (stretched === null || stretched.to <= line.begin || stretched.from >= line.end) return null
  const from = percent(placeOn(line, stretched.from))
  const to = percent(placeOn(line, stretched.to))
  return markup`<line class="${kind}" x1="${from}" x2="${to}"/>`
}

function mark(at: EpochMs | null, name: MarkName, line: TimeLine): Markup | null {
  if (at === null) return null
  const place = placeOn(line, at)
  const shown = place.where === 'before' ? 'earlier' : place.where === 'after' ? 'later' : name
  return markup`<use href="#${shown}" x="${percent(place)}"/>`
}

function percent({ at }: Pick<Place, 'at'>): string {
  return `${Number((MARGIN_PERCENT + at * (100 - 2 * MARGIN_PERCENT)).toFixed(2))}%`
}
