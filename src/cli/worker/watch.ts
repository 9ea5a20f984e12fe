/** What a worker answers on its loopback port: `/healthz` for whoever starts it anew, `/metrics` for Prometheus. */
import type { LoopbackAnswer } from '../../platform/loopback-server.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { labelText } from '../render/prometheus.ts'
import { OUTCOMES, type Tally } from './tally.ts'

/** The answer to a path; undefined where there is none. */
export function watched(path: string, tally: Tally, now: EpochMs): LoopbackAnswer | undefined {
  if (path === '/healthz') {
    const problem = tally.problem(now)
    const [status, body] = problem === undefined ? [200, 'ok'] : [503, problem]
    return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` }
  }
  if (path !== '/metrics') return undefined
  return {
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: metricsText(tally, now),
  }
}

type Sample = readonly [value: number | null, labels?: Readonly<Record<string, string>>]

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly of: (tally: Tally, now: EpochMs) => readonly Sample[]
}

const METRICS: readonly Metric[] = [
  {
    name: 'tokenctl_worker_renewals_total',
    type: 'counter',
    help: 'Accounts by how they came out.',
    of: ({ total }) => OUTCOMES.map(outcome => [total[outcome], { outcome }]),
  },
  {
    name: 'tokenctl_worker_in_flight',
    type: 'gauge',
    help: 'Accounts that are at work now.',
    of: ({ inFlight }) => [[inFlight]],
  },
  {
    name: 'tokenctl_worker_due_seen_total',
    type: 'counter',
    help: 'Accounts that were taken because they may have been due.',
    of: ({ taken }) => [[taken]],
  },
  {
    name: 'tokenctl_worker_put_off_total',
    type: 'counter',
    help: "Accounts that were put off because of the app's refreshes a day, or a second.",
    of: ({ putOff }) => [
      [putOff.day, { because: 'day' }],
      [putOff.rate, { because: 'rate' }],
    ],
  },
  {
    name: 'tokenctl_worker_quota_left',
    type: 'gauge',
    help: "Refreshes that are left of an app's day, over all machines that share the store.",
    of: ({ left }) => [...left].map(([app, count]) => [count, { app }]),
  },
  {
    name: 'tokenctl_worker_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When an account was last renewed here.',
    of: ({ lastSuccess }) => [[lastSuccess === null ? null : Math.floor(lastSuccess / 1000)]],
  },
  {
    name: 'tokenctl_worker_round_duration_seconds',
    type: 'gauge',
    help: 'How long the last round took.',
    of: ({ lastRoundMs }) => [[lastRoundMs === null ? null : lastRoundMs / 1000]],
  },
  {
    name: 'tokenctl_worker_rounds_total',
    type: 'counter',
    help: 'Rounds by whether the store failed in them.',
    of: ({ rounds }) => [
      [rounds.ok, { result: 'ok' }],
      [rounds.failed, { result: 'failed' }],
    ],
  },
  {
    name: 'tokenctl_worker_healthy',
    type: 'gauge',
    help: 'What /healthz says: 1 or 0.',
    of: (tally, now) => [[tally.problem(now) === undefined ? 1 : 0]],
  },
  {
    name: 'tokenctl_worker_start_timestamp_seconds',
    type: 'gauge',
    help: 'When the worker began.',
    of: ({ begun }) => [[Math.floor(begun / 1000)]],
  },
]

/** The tally in Prometheus' text format; what is not known is absent. */
function metricsText(tally: Tally, now: EpochMs): string {
  const lines = METRICS.flatMap(({ name, type, help, of }) => {
    const samples = of(tally, now).flatMap(([value, labels = {}]) =>
      value === null ? [] : [`${name}${labelText(labels)} ${value}`],
    )
    return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples]
  })
  return lines.map(line => `${line}\n`).join('')
}
