/** What may be typed for a channel and what may not; and that no address or password is ever in a message. */
import { describe, expect, test } from 'vitest'
import { type ChannelOptions, requestedChannel } from '../../../src/cli/notices/channel-request.ts'
import { testWorld } from '../../support/world.ts'

const PROGRAMS = {
  problem: (path: string) => (path.startsWith('/') ? undefined : `${path} is no absolute path.`),
}

async function request(
  options: Partial<ChannelOptions>,
  given: { stdin?: string; answers?: readonly unknown[] } = {},
) {
  const world = await testWorld(given)
  const programs = new Proxy(world, {
    get: (target, name) => (name === 'programs' ? async () => PROGRAMS : Reflect.get(target, name)),
  })
  const { way, secret } = await requestedChannel({ program: [], ...options }, programs)
  return { way, secret: secret?.reveal() ?? null, asked: world.asked }
}

describe('a good request', () => {
  test.each<[string, Partial<ChannelOptions>, string | undefined, unknown, string | null]>([
    [
      'a program',
      { command: true, program: ['/usr/local/bin/page', '--team', 'a b'] },
      undefined,
      { kind: 'command', command: ['/usr/local/bin/page', '--team', 'a b'] },
      null,
    ],
    ['the screen', { desktop: true }, undefined, { kind: 'desktop' }, null],
    [
      'a webhook of its own words',
      { webhook: true, stdin: true },
      ' https://hooks.example.test:8443/a/b?c=d \n',
      { kind: 'webhook', host: 'hooks.example.test:8443', format: 'json' },
      'https://hooks.example.test:8443/a/b?c=d',
    ],
    [
      'a webhook in the words that were asked for',
      { webhook: true, stdin: true, as: 'teams' },
      'https://x.logic.azure.test/workflows/1',
      { kind: 'webhook', host: 'x.logic.azure.test', format: 'teams' },
      'https://x.logic.azure.test/workflows/1',
    ],
    [
      'a heartbeat',
      { heartbeat: true, stdin: true, method: 'POST', signalFailure: true },
      '\uFEFFhttps://hc.test/uuid',
      { kind: 'heartbeat', host: 'hc.test', method: 'POST', signalsFailure: true },
      'https://hc.test/uuid',
    ],
    [
      'mail, by the usual port, from the user',
      { email: 'owner@example.test', smtp: 'mail.example.test', smtpUser: 'shop@example.test', stdin: true },
      'secret word\n',
      {
        kind: 'email',
        to: 'owner@example.test',
        from: 'shop@example.test',
        host: 'mail.example.test',
        port: 587,
        user: 'shop@example.test',
      },
      'secret word',
    ],
    [
      'mail by this machine, from oneself',
      { email: 'owner@example.test', smtp: '[::1]:25' },
      undefined,
      {
        kind: 'email',
        to: 'owner@example.test',
        from: 'owner@example.test',
        host: '::1',
        port: 25,
        user: null,
      },
      null,
    ],
  ])('for %s', async (_, options, stdin, way, secret) => {
    const made = await request(options, stdin === undefined ? {} : { stdin })
    expect({ way: made.way, secret: made.secret }).toEqual({ way, secret })
  })

  test.each([
    ['https://hooks.slack.com/services/T/B/x', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://ntfy.sh/topic', 'ntfy'],
    ['https://hooks.slack.com.evil.test/x', 'json'],
    ['http://127.0.0.1:8080/x', 'json'],
  ])('%s is spoken to as %s', async (address, format) => {
    expect((await request({ webhook: true, stdin: true }, { stdin: address })).way).toMatchObject({ format })
  })

  test('asks for the secret, and for nothing else', async () => {
    const { asked, secret } = await request({ webhook: true }, { answers: ['https://h.test/x'] })
    expect(asked).toEqual(['Address of the webhook:'])
    expect(secret).toBe('https://h.test/x')
    const mail = { email: 'a@b.test', smtp: 'm.test', smtpUser: 'u' }
    expect((await request(mail, { answers: ['pw'] })).asked).toEqual(['Password of u:'])
  })
})

describe('a bad request is refused, and what was typed is not shown', () => {
  test.each<[string, Partial<ChannelOptions>, string, RegExp]>([
    ['no kind', {}, '', /was not said/],
    ['two kinds', { webhook: true, desktop: true }, '', /one kind only/],
    ['another kind’s option', { desktop: true, as: 'slack' }, '', /--as does not belong to --desktop/],
    [
      'another kind’s password',
      { command: true, program: ['/x'], stdin: true },
      '',
      /--stdin does not belong/,
    ],
    [
      'an address among the words',
      { webhook: true, program: ['https://h.test/CNRY'] },
      '',
      /takes nothing from the command line/,
    ],
    ['no program', { command: true }, '', /Which program was not said/],
    [
      'a program by its name alone',
      { command: true, program: ['page'] },
      '',
      /not named by its absolute path/,
    ],
    ['a novel', { command: true, program: ['/x', 'y'.repeat(9000)] }, '', /too long/],
    ['nothing on standard input', { webhook: true, stdin: true }, '\n', /No address was given/],
    ['http off this machine', { webhook: true, stdin: true }, 'http://h.test/CNRY', /must begin with https/],
    [
      'http to what only looks like this machine',
      { webhook: true, stdin: true },
      'http://127.0.0.1.evil.test/CNRY',
      /must begin with https/,
    ],
    ['a user name in it', { webhook: true, stdin: true }, 'https://CNRY:CNRY@h.test/', /user name/],
    ['a fragment', { heartbeat: true, stdin: true }, 'https://h.test/#CNRY', /fragment/],
    ['two lines', { webhook: true, stdin: true }, 'https://h.test/CNRY\nhttps://h.test/2', /is no address/],
    ['a file', { webhook: true, stdin: true }, 'file:///etc/CNRY', /must begin with https/],
    ['no address at all', { webhook: true, stdin: true }, 'CNRY', /is no address/],
    [
      'too long a one',
      { webhook: true, stdin: true },
      `https://h.test/${'CNRY'.repeat(2000)}`,
      /is longer than 2048/,
    ],
    ['no mail server', { email: 'a@b.test' }, '', /needs a mail server/],
    ['no port', { email: 'a@b.test', smtp: 'm.test:99999' }, '', /HOST or HOST:PORT/],
    ['a mail server with a path', { email: 'a@b.test', smtp: 'smtp://m.test' }, '', /HOST or HOST:PORT/],
    ['two recipients', { email: 'a@b.test,c@d.test', smtp: 'm.test' }, '', /one mail address/],
    [
      'a header in the recipient',
      { email: 'a@b.test\r\nBcc: c@d.test', smtp: 'm.test' },
      '',
      /one mail address/,
    ],
    [
      'a name with the sender',
      { email: 'a@b.test', smtp: 'm.test', from: 'Shop <a@b.test>' },
      '',
      /one mail address/,
    ],
    [
      'a password without a user',
      { email: 'a@b.test', smtp: 'm.test', stdin: true },
      'CNRY',
      /nobody said whose/,
    ],
    [
      'a user without a password',
      { email: 'a@b.test', smtp: 'm.test', smtpUser: 'u', stdin: true },
      '\n',
      /No password/,
    ],
    [
      'a user with a line break',
      { email: 'a@b.test', smtp: 'm.test', smtpUser: 'u\r\nx' },
      '',
      /no user name/,
    ],
  ])('%s', async (_, options, stdin, words) => {
    const error = await request(options, { stdin }).then(
      () => expect.unreachable('it was taken'),
      thrown => thrown,
    )
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(words) })
    expect(`${error.message} ${error.fix}`).not.toContain('CNRY')
  })

  test('and where nobody can be asked, the option is named', async () => {
    const world = await testWorld()
    const { createPrompt } = await import('../../../src/platform/prompt.ts')
    const prompt = async () => createPrompt(() => expect.unreachable(), { isInteractive: false }, {})
    const alone = new Proxy(world, {
      get: (target, name) => (name === 'prompt' ? prompt : Reflect.get(target, name)),
    })
    await expect(requestedChannel({ program: [], webhook: true }, alone)).rejects.toMatchObject({
      code: 'ANSWER_MISSING',
      fix: expect.stringContaining('--stdin'),
    })
  })
})
