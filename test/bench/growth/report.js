/** The table of how things grow, and what grows faster than the accounts do. */

/** What an account may cost more among many than among a tenth of them; below that it is chance. */
const TIMES = 1.5
/** Less than this in all is no finding, whatever the ratio: a machine has other things to do. */
const LEAST = { ms: 50, mebibytes: 10 }
const UNITS = { ms: 'ms', mebibytes: 'MiB' }
/** What is known to grow faster, and why nobody here can mend it; by store, command and figure. */
const KNOWN = new Map([
  [
    'keychain renew --all --due, all due: ms',
    'a keyring is rewritten whole at every write, by its own daemon',
  ],
])
/** A first count, and two more to hold against each other. */
const COUNTS_TO_TELL = 3

const number = value =>
  value.toLocaleString('en', value < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })

/** A row for each store and command, a column for each count, and what one more account costs at the end. */
export function table(cells, counts) {
  const rows = groups(cells).map(([{ store, command }, group]) => [
    store,
    `\`${command.split(',')[0]}\`${command.includes(',') ? `,${command.split(',')[1]}` : ''}`,
    ...counts.map(count => {
      const cell = group.find(each => each.count === count)
      return cell === undefined
        ? ''
        : `${cell.ratio.toFixed(2)} × · ${number(cell.ms)} ms · ${cell.mebibytes.toFixed(0)} MiB`
    }),
    growthOf(group),
  ])
  const head = ['store', 'command', ...counts.map(count => number(count)), 'one account more']
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** Between the last two counts. */
function growthOf(group) {
  const [before, last] = group.slice(-2)
  if (last === undefined) return ''
  const more = last.count - before.count
  const micros = ((last.ms - before.ms) * 1000) / more
  const kibibytes = ((last.mebibytes - before.mebibytes) * 1024) / more
  return `${number(micros)} µs · ${number(kibibytes)} KiB`
}

/** How long it took to fill a store with each count, where that is told. */
export function fillTimes(cells) {
  const byCount = new Map(cells.flatMap(({ count, fill }) => (fill === undefined ? [] : [[count, fill]])))
  return [...byCount].map(([count, seconds]) => `${number(count)}: ${number(seconds)} s`).join(', ')
}

/**
 * What costs more for each account at the highest count than at the one before, over what the first costs: as sentences, and
 * whether it is known.
 */
export function faster(cells) {
  return groups(cells).flatMap(([{ store, command }, group]) => {
    const [first, ...rest] = group
    const [before, last] = rest.slice(-2)
    if (last === undefined) return []
    return ['ms', 'mebibytes'].flatMap(what => {
      const each = cell => (cell[what] - first[what]) / (cell.count - first.count)
      const expected = Math.max(0, each(before)) * (last.count - first.count)
      if (last[what] - first[what] <= expected * TIMES + LEAST[what]) return []
      const costs = `${number(each(last))} ${UNITS[what]} each among ${number(last.count)}`
      const known = KNOWN.get(`${store} ${command}: ${what}`)
      const why = known === undefined ? '' : `: ${known}`
      const text = `- ${store}, ${command}: ${costs}, ${number(each(before))} among ${number(before.count)}${why}`
      return [{ text, isKnown: known !== undefined }]
    })
  })
}

/** Whether there are counts enough to tell what grows faster. */
export const canTell = counts => new Set(counts).size >= COUNTS_TO_TELL

/** The cells of each store and command, by count. */
function groups(cells) {
  const byName = new Map()
  for (const cell of cells) byName.set(nameOf(cell), [...(byName.get(nameOf(cell)) ?? []), cell])
  return [...byName.values()].map(group => [group[0], group.sort((a, b) => a.count - b.count)])
}

const nameOf = ({ store, command }) => `${store} ${command}`
