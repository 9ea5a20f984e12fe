/** Mail against a real server of our own: TLS in both ways, a login, and everything that can go wrong on the way. */
import { beforeEach, describe, expect, test } from 'vitest'
import { createMailer, type MailServer } from '../../src/platform/smtp.ts'
import { type KeyPair, localhostPair, type SinkOptions, startMailSink } from '../support/mail-sink.ts'

const MAIL = {
  from: 'shop@example.test',
  to: 'owner@example.test',
  subject: 'tokenctl: ebay:main (eBay) is due. Type: tokenctl renew ebay:main',
  text: 'ebay:main (eBay) is due.\n.\nType: tokenctl renew ebay:main\n',
}
const LOGIN = { user: 'shop', password: 'CNRY-password-0123456789' }
const pair = localhostPair()
const TIME = { timeoutMs: 8000 }

/** As off this machine: TLS is asked for. */
const away = (trusted: KeyPair | undefined = pair) =>
  createMailer({
    isHere: () => false,
    ...(trusted === undefined ? {} : { certificates: trusted.cert.toString() }),
  })

async function server(options: SinkOptions, login: MailServer['login'] = null) {
  const sink = await startMailSink(options, pair)
  return { sink, at: { host: 'localhost', port: sink.port, login } satisfies MailServer }
}

describe('on this machine', () => {
  test('a mail arrives whole, from and to whom it should, and as what it is', async () => {
    const { sink, at } = await server({})
    await createMailer().send(at, MAIL, TIME)
    const [mail] = sink.taken
    expect(sink.taken).toHaveLength(1)
    expect(mail).toMatchObject({ from: MAIL.from, to: [MAIL.to], user: null, secure: false })
    expect(mail?.data).toContain(`Subject: ${MAIL.subject}`)
    expect(mail?.data).toContain('Auto-Submitted: auto-generated')
    expect(mail?.data).toContain('\n\nebay:main (eBay) is due.\n.\nType: tokenctl renew ebay:main')
    expect(mail?.data).not.toMatch(/nodemailer|X-Mailer/i)
  })

  test('a header cannot be smuggled in by a subject or a text', async () => {
    const { sink, at } = await server({})
    await createMailer().send(
      at,
      {
        ...MAIL,
        subject: 'a\r\nBcc: evil@example.test',
        text: 'x\r\n.\r\nMAIL FROM:<evil@example.test>\r\n',
      },
      TIME,
    )
    expect(sink.taken).toHaveLength(1)
    expect(sink.taken[0]).toMatchObject({ from: MAIL.from, to: [MAIL.to] })
    expect(sink.taken[0]?.data).not.toMatch(/^Bcc:/m)
  })

  test('a login goes there in the clear', async () => {
    const { sink, at } = await server({ login: LOGIN }, LOGIN)
    await createMailer().send(at, MAIL, TIME)
    expect(sink.taken).toMatchObject([{ user: 'shop' }])
  })
})

describe.skipIf(pair === undefined)('off this machine (skipped where openssl is missing)', () => {
  test('STARTTLS comes before the login and the mail', async () => {
    const { sink, at } = await server({ tls: 'starttls', login: LOGIN }, LOGIN)
    await away().send(at, MAIL, TIME)
    expect(sink.taken).toMatchObject([{ secure: true, user: 'shop', to: [MAIL.to] }])
    expect(sink.lines.indexOf('STARTTLS')).toBeLessThan(sink.lines.findIndex(line => line.startsWith('AUTH')))
  })

  test('TLS from the first byte', async () => {
    const { sink, at } = await server({ tls: 'implicit', login: LOGIN }, LOGIN)
    const trusted = { certificates: pair?.cert.toString() ?? '', implicitTlsPort: at.port }
    await createMailer(trusted).send(at, MAIL, TIME)
    expect(sink.taken).toMatchObject([{ secure: true, user: 'shop' }])
    await expect(createMailer({ implicitTlsPort: at.port }).send(at, MAIL, TIME)).rejects.toMatchObject({
      message: expect.stringMatching(/cannot be spoken to securely/),
    })
    expect(sink.taken).toHaveLength(1)
  })

  test('a server without TLS gets neither login nor mail', async () => {
    const { sink, at } = await server({ tls: 'none', login: LOGIN }, LOGIN)
    await expect(away().send(at, MAIL, TIME)).rejects.toMatchObject({
      code: 'NOTICE_FAILED',
      message: expect.stringMatching(/cannot be spoken to securely/),
    })
    expect(sink.lines.filter(line => /^(AUTH|MAIL)/.test(line))).toEqual([])
  })

  test('one that only says that it has TLS gets none either', async () => {
    const { sink, at } = await server({ tls: 'starttls', answers: { STARTTLS: '454 not now' } }, LOGIN)
    await expect(away().send(at, MAIL, TIME)).rejects.toMatchObject({ code: 'NOTICE_FAILED' })
    expect(sink.lines.filter(line => /^(AUTH|MAIL)/.test(line))).toEqual([])
  })

  test('a certificate that nobody vouches for is refused, whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const { sink, at } = await server({ tls: 'starttls', login: LOGIN }, LOGIN)
      await expect(createMailer({ isHere: () => false }).send(at, MAIL, TIME)).rejects.toMatchObject({
        code: 'NOTICE_FAILED',
        message: expect.stringMatching(/cannot be spoken to securely/),
        fix: expect.stringMatching(/NODE_EXTRA_CA_CERTS/),
      })
      expect(sink.lines.filter(line => /^(AUTH|MAIL)/.test(line))).toEqual([])
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
  })
})

describe('what goes wrong', () => {
  let failure: unknown
  beforeEach(() => {
    failure = undefined
  })
  async function failing(options: SinkOptions, login: MailServer['login'] = null, timeoutMs = 8000) {
    const { sink, at } = await server(options, login)
    failure = await createMailer()
      .send(at, MAIL, { timeoutMs })
      .then(
        () => undefined,
        error => error,
      )
    return { sink, at }
  }

  test.each<[string, SinkOptions, RegExp]>([
    ['a wrong password', { login: LOGIN }, /refused the login \(535\)/],
    [
      'a recipient that it does not know',
      { answers: { RCPT: '550 5.1.1 CNRY-vendor no such user' } },
      /refused the sender or the recipient \(550\)/,
    ],
    [
      'a sender that it does not take',
      { answers: { MAIL: '553 not yours' } },
      /refused the sender or the recipient \(553\)/,
    ],
    [
      'a mail that it does not take',
      { answers: { MESSAGE: '554 5.7.1 CNRY-vendor spam' } },
      /refused the mail \(554\)/,
    ],
    ['a full disk there', { answers: { DATA: '452 4.3.1 later' } }, /\(452\)/],
    [
      'a greeting that is none',
      { answers: { GREETING: 'SSH-2.0-OpenSSH_9' } },
      /does not answer as a mail server does|could not be reached|refused/,
    ],
    [
      'a greeting that says no',
      { answers: { GREETING: '554 CNRY-vendor go away' } },
      /mail server localhost/,
    ],
  ])('%s', async (_, options, words) => {
    await failing(options, options.login === undefined ? null : { ...LOGIN, password: 'CNRY-wrong-password' })
    expect(failure).toMatchObject({ code: 'NOTICE_FAILED', message: expect.stringMatching(words) })
    const { message, fix } = failure as Error & { fix: string }
    expect(message + fix).not.toMatch(/CNRY/)
  })

  test.each(['GREETING', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'MESSAGE'])(
    'a server that stops answering at %s costs no more than the time it has',
    async command => {
      const started = performance.now()
      await failing({ answers: { [command]: null } }, null, 400)
      expect(failure).toMatchObject({
        code: 'NOTICE_FAILED',
        message: expect.stringMatching(/did not answer in time/),
      })
      expect(performance.now() - started).toBeLessThan(4000)
    },
  )

  test('nobody listens there', async () => {
    const sink = await startMailSink()
    const at = { host: 'localhost', port: sink.port === 65_535 ? 1 : sink.port + 1, login: null }
    await expect(createMailer().send({ ...at, port: 1 }, MAIL, TIME)).rejects.toMatchObject({
      code: 'NOTICE_FAILED',
      message: 'The mail server localhost:1 could not be reached.',
    })
  })

  test('a name that nobody has', async () => {
    const at = { host: 'mail.invalid', port: 587, login: null }
    await expect(createMailer().send(at, MAIL, TIME)).rejects.toMatchObject({
      code: 'NOTICE_FAILED',
      message: expect.stringMatching(/is not known by that name|did not answer in time|could not be reached/),
    })
  })
})
