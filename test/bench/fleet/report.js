/** The figures of a run as the tables of docs/fleet.md, in Markdown. */

const whole = value => Math.round(value).toLocaleString('en')
const shown = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : '-')
const milliseconds = seconds => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`)
const middle = values => [...values].sort((a, b) => a - b)[values.length >> 1]
const spread = values =>
  values.length === 1
    ? whole(values[0])
    : `${whole(middle(values))} (${whole(Math.min(...values))}–${whole(Math.max(...values))})`
const NAMES = { file: 'file', postgres: 'PostgreSQL' }

function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`
  // What is no name is a figure, and stands to the right.
  const rule = head.map((_, at) => (rows.every(row => /^[\d-]/.test(row[at])) ? '--:' : '---'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** The whole report. */
export function report(result) {
  return [
    about(result),
    ...section('Renewals a second', result.renewals, renewals),
    ...section("Where a worker's time goes", result.profiles, profiles),
    ...section("At a vendor's latency", result.latency, latency),
    ...section('Listings', result.listings, listings),
    ...section('Finding what is due', result.claims, claims),
  ].join('\n\n')
}

const section = (title, of, text) => (of.length === 0 ? [] : [`### ${title}`, text(of)])

function about({
  command,
  date,
  node,
  cores,
  processor,
  memoryGiB,
  postgres,
  settings,
  flush,
  others,
  isQuiet,
  version,
}) {
  const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`)
  return [
    `\`${command}\` on ${date}: tokenctl ${version}, Node ${node}, PostgreSQL ${postgres} (${set.join(', ')}; fsync on),`,
    `${cores} cores (${processor}), ${memoryGiB} GiB, a flush to the disk ${shown(flush)} ms. Workers, database and endpoint share`,
    `these cores. Others kept ${shown(others.median)} cores busy between the measurements (${shown(others.most)} at most)${isQuiet ? '.' : ': **taken under load.**'}`,
  ].join('\n')
}

function renewals(all) {
  const rows = all.map(({ store, workers, inFlight, accounts, rounds }) => {
    const of = name => rounds.map(round => round[name])
    return [
      NAMES[store],
      String(workers),
      String(inFlight),
      whole(accounts),
      spread(of('rate')),
      spread(of('raw')),
      shown(middle(rounds.map(({ rate, raw }) => rate / raw))),
      whole(middle(of('workerMicros'))),
      store === 'postgres' ? whole(middle(of('postgresMicros'))) : '-',
      whole(middle(of('endpointMicros'))),
      whole(Math.max(...of('peakMiB'))),
    ]
  })
  const head = [
    'store',
    'workers',
    'in flight, each',
    'accounts',
    'renewals/s',
    'raw Pool, requests/s',
    'of raw',
  ]
  const more = ['µs of worker', 'µs of PostgreSQL', 'µs of endpoint', 'peak MiB']
  return [
    table([...head, ...more], rows),
    `Medians of ${all[0].rounds.length}, least and most in brackets, in turns with one raw Pool of as many in flight. A renewal is counted from the first request to the worker's exit; microseconds are processor time for each.`,
  ].join('\n\n')
}

function profiles(all) {
  const parts = [...new Set(all.flatMap(({ parts }) => parts.map(({ what }) => what)))]
  const share = (profile, part) => profile.parts.find(({ what }) => what === part)?.share ?? 0
  const rows = parts.map(part => [
    part,
    ...all.map(profile => `${(share(profile, part) * 100).toFixed(0)} %`),
  ])
  const head = all.map(({ store, inFlight }) => `${NAMES[store]}, ${inFlight} in flight`)
  return [
    table(['part', ...head], rows),
    `Shares of one worker's processor time (${all.map(({ busySeconds, accounts }) => `${whole((busySeconds * 1e6) / accounts)} µs a renewal`).join('; ')}, the profiler's own cost in it). What Node does for a part is the part's.`,
  ].join('\n\n')
}

function latency(all) {
  const rows = all.map(({ store, inFlight, latency, rounds }) => {
    const ideal = (inFlight * 1000) / latency
    const rate = middle(rounds.map(round => round.rate))
    return [
      NAMES[store],
      String(inFlight),
      whole(ideal),
      whole(middle(rounds.map(({ raw }) => raw))),
      whole(rate),
      shown(rate / ideal),
    ]
  })
  return [
    table(['store', 'in flight', 'the latency allows', 'raw Pool', 'renewals/s', 'of what it allows'], rows),
    `One worker, an endpoint that answers after ${all[0].latency} ms.`,
  ].join('\n\n')
}

function listings(all) {
  const rows = all.map(({ store, accounts, command, firstByte, seconds, slowest, cpu, peakMiB }) => [
    NAMES[store],
    whole(accounts),
    `\`${command}\``,
    milliseconds(firstByte),
    milliseconds(seconds),
    milliseconds(slowest),
    milliseconds(cpu),
    whole(peakMiB),
    whole((seconds * 1e6) / accounts),
  ])
  const head = [
    'store',
    'accounts',
    'command',
    'first byte',
    'all',
    'slowest',
    'processor',
    'peak MiB',
    'µs an account',
  ]
  return table(head, rows)
}

function claims(all) {
  const rows = all.map(({ accounts, connectMs, firstMs, nextMs, pageMs, limit, claimed, page }) => [
    whole(accounts),
    shown(connectMs, 1),
    `${shown(firstMs, 1)} (${claimed[0]})`,
    nextMs.map(ms => shown(ms, 1)).join(', '),
    `${shown(pageMs, 1)} (${page})`,
    String(limit),
  ])
  const head = [
    'accounts',
    'connect, ms',
    'first claim, ms',
    'the next, ms',
    'first page of what is due, ms',
    'a page',
  ]
  return [
    table(head, rows),
    'One account in 100 is due; in brackets how many were found. By `EXPLAIN (ANALYZE)` of a claim the records were looked into so:',
    all.map(planLine).join('\n'),
  ].join('\n\n')
}

function planLine({ accounts, plan }) {
  const scans = plan.scans.map(({ how, times, rows }) => `${times} × ${how} (${whole(rows)} rows)`).join(', ')
  return `- ${whole(accounts)} accounts: ${scans}; planned in ${shown(plan.planningMs, 1)} ms, carried out in ${shown(plan.executionMs, 1)} ms.`
}
