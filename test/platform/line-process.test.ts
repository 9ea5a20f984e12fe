import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type LineProcess,
  type LineProcessOptions,
  startLineProcess,
} from '../../src/platform/line-process.ts'
import { buildEntry } from '../support/built.ts'

const started: LineProcess[] = []
afterEach(async () => {
  for (const child of started.splice(0)) await child.close()
})

/** A child that runs `answer` (JavaScript; `q` is the question) for each line. */
function child(answer: string, options: Partial<LineProcessOptions> = {}): LineProcess {
  const script = `require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
    const q = JSON.parse(line); const say = x => process.stdout.write(JSON.stringify(x) + '\\n'); ${answer} })`
  const process_ = startLineProcess({ command: process.execPath, args: ['-e', script], env: {}, ...options })
  started.push(process_)
  return process_
}

/** Whether a process of this number is there; waits for real events, not for time. */
async function gone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 10_000; turn++) {
    try {
      process.kill(pid, 0)
      // Ended, and not yet collected by whoever adopted it.
      if (existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
        return true
    } catch {
      return true
    }
    await new Promise(resolve => setImmediate(resolve))
  }
  return false
}

describe('a line process', () => {
  it('answers each question with its own answer, in order, from one child', async () => {
    const helper = child('say({ pid: process.pid, n: q.n })')
    const answers = await Promise.all([1, 2, 3].map(n => helper.ask({ n })))
    const bodies = answers.map(answer =>
      'answer' in answer ? (answer.answer as { pid: number; n: number }) : undefined,
    )
    expect(bodies.map(body => body?.n)).toEqual([1, 2, 3])
    expect(new Set(bodies.map(body => body?.pid)).size).toBe(1)
  })

  it('carries long lines and every character', async () => {
    const text = `${'x'.repeat(300_000)}\u2028\u0000\n"é😀`
    expect(await child('say(q)').ask({ text })).toEqual({ answer: { text } })
  })

  it('gets only the environment that it is given', async () => {
    const helper = child('say(process.env)', { env: { ONLY: 'this', NOT: undefined } })
    expect(await helper.ask(1)).toEqual({ answer: { ONLY: 'this' } })
  })

  it('is killed when it does not answer in time, and every later question fails at once', async () => {
    const helper = child('if (q === "pid") say(process.pid); else for (;;) {}', { timeoutMs: 2000 })
    const first = await helper.ask('pid')
    const pid = 'answer' in first ? Number(first.answer) : 0
    const startedAt = performance.now()
    const both = await Promise.all([helper.ask('hang'), helper.ask('pid')])
    expect(both).toEqual([{ failed: 'hung' }, { failed: 'hung' }])
    expect(performance.now() - startedAt).toBeLessThan(3500)
    expect(await gone(pid)).toBe(true)
    const later = performance.now()
    expect(await helper.ask('pid')).toEqual({ failed: 'hung' })
    expect(performance.now() - later).toBeLessThan(50)
  })

  it.each([
    ['ends before it answers', 'process.exit(3)', 'died'],
    ['dies by a signal', 'process.kill(process.pid, "SIGKILL")', 'died'],
    ['answers no JSON', 'process.stdout.write("nonsense\\n")', 'garbled'],
    ['answers twice', 'process.stdout.write("1\\n2\\n")', 'garbled'],
  ])('that %s fails that question and every later one', async (_, answer, failed) => {
    const helper = child(answer)
    expect(await helper.ask(1)).toEqual({ failed })
    expect(await helper.ask(2)).toEqual({ failed })
  })

  it('that cannot be started says so', async () => {
    const helper = startLineProcess({ command: '/no/such/program', args: [], env: {} })
    expect(await helper.ask(1)).toEqual({ failed: 'not-started' })
  })

  it('ends when it is closed, asked or not, once or twice', async () => {
    const helper = child('say(process.pid)')
    const answer = await helper.ask(1)
    await helper.close()
    await helper.close()
    expect(await gone('answer' in answer ? Number(answer.answer) : 0)).toBe(true)
    expect(await helper.ask(1)).toEqual({ failed: 'died' })
    await child('say(1)').close()
  })

  it('does not keep its parent alive, and ends with it', async () => {
    const built = await buildEntry('src/platform/line-process.ts', 'line-process')
    const script = `const { startLineProcess } = require(${JSON.stringify(built)});
      const p = startLineProcess({ command: process.execPath, env: {}, args: ['-e',
        'process.stdin.on("data", () => process.stdout.write(process.pid + "\\\\n")); process.stdin.on("end", () => process.exit())'] });
      p.ask(1).then(a => console.log(JSON.stringify(a)))`
    const run = spawnSync(process.execPath, ['-e', script], { timeout: 20_000, encoding: 'utf8' })
    expect(run.signal).toBeNull()
    const { answer } = JSON.parse(run.stdout) as { answer: number }
    expect(await gone(answer)).toBe(true)
  })
})
