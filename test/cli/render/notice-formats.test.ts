/** Each service's message, letter for letter, and what a hostile text becomes in each. */
import { describe, expect, test } from 'vitest'
import { testRow } from '../../../src/cli/notices/notice-facts.ts'
import { isUrgent, messageText, noticePost } from '../../../src/cli/render/notice-formats.ts'
import { severalLine } from '../../../src/cli/render/notice-words.ts'
import {
  type NoticeMessage,
  type NoticeRow,
  noticeMessageSchema,
} from '../../../src/cli/shapes/notice-shape.ts'
import { NOTICE_FORMATS } from '../../../src/vault/channel-header.ts'

const ENDING: NoticeRow = {
  ...testRow(),
  event: 'ending',
  account: 'ebay:main',
  marketplace: 'ebay',
  name: 'main',
  state: 'expiring',
  ends: { at: '2026-12-06T00:00:00Z', basis: 'reported' },
  renewBy: '2026-11-22T00:00:00Z',
  daysLeft: 14,
  command: 'tokenctl login ebay:main',
  text: 'ebay:main (eBay): the consent ends in 14 days, on 2026-12-06. Type: tokenctl login ebay:main',
}
const FAILED: NoticeRow = {
  ...ENDING,
  event: 'failed',
  account: 'amazon:outlet',
  text: 'amazon:outlet (Amazon) is dead: Amazon refused it & <more>. Type: tokenctl set-amazon outlet',
}

function message(...notices: NoticeRow[]): NoticeMessage {
  const [first] = notices
  const text = notices.length === 1 && first !== undefined ? first.text : severalLine(notices)
  return { version: 1, run: '0000abcd', at: '2026-11-22T06:00:00Z', text, notices }
}
const post = (format: (typeof NOTICE_FORMATS)[number], ...rows: NoticeRow[]) =>
  noticePost(message(...rows), format)
const body = (format: (typeof NOTICE_FORMATS)[number], ...rows: NoticeRow[]) =>
  JSON.parse(post(format, ...rows).body)

describe('one notice', () => {
  test('as plain JSON is the message, which its schema takes', () => {
    expect(body('json', ENDING)).toEqual(message(ENDING))
    expect(noticeMessageSchema.safeParse(body('json', ENDING, FAILED)).success).toBe(true)
    expect(post('json', ENDING).headers).toEqual({ 'content-type': 'application/json; charset=utf-8' })
  })

  test('to Slack', () => {
    expect(body('slack', FAILED)).toEqual({
      text: 'amazon:outlet (Amazon) is dead: Amazon refused it &amp; &lt;more&gt;. Type: tokenctl set-amazon outlet',
      mrkdwn: false,
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    })
  })

  test('to Discord', () => {
    expect(body('discord', FAILED)).toEqual({
      content:
        'amazon:outlet \\(Amazon\\) is dead: Amazon refused it & \\<more\\>. Type: tokenctl set-amazon outlet',
      allowed_mentions: { parse: [] },
      flags: 4,
    })
  })

  test('to Teams', () => {
    expect(body('teams', ENDING)).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.2',
            body: [
              {
                type: 'RichTextBlock',
                inlines: [{ type: 'TextRun', text: ENDING.text, weight: 'bolder' }],
              },
            ],
          },
        },
      ],
    })
  })

  test('to ntfy', () => {
    expect(post('ntfy', ENDING)).toEqual({
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        title: 'tokenctl: ebay:main',
        priority: '3',
        tags: 'hourglass_flowing_sand',
      },
      body: ENDING.text,
    })
    expect(post('ntfy', FAILED).headers).toMatchObject({ priority: '4', tags: 'rotating_light' })
    expect(post('ntfy', testRow()).headers).toMatchObject({ title: 'tokenctl', priority: '3', tags: 'wave' })
  })
})

describe('several notices', () => {
  const both = message(ENDING, FAILED)

  test('have a first line of all, then one each', () => {
    expect(messageText(both, 5000)).toBe(
      [
        'tokenctl has 2 notices: ebay:main, amazon:outlet. Type: tokenctl status',
        '',
        ENDING.text,
        FAILED.text,
      ].join('\n'),
    )
  })

  test('name five shops at most', () => {
    const rows = Array.from({ length: 300 }, (_, index) => ({ ...ENDING, account: `ebay:shop-${index}` }))
    expect(severalLine(rows)).toBe(
      'tokenctl has 300 notices: ebay:shop-0, ebay:shop-1, ebay:shop-2, ebay:shop-3, ebay:shop-4 and 295 more. Type: tokenctl status',
    )
  })

  test.each(NOTICE_FORMATS.filter(format => format !== 'json'))(
    'too many for %s are cut and counted',
    format => {
      const rows = Array.from({ length: 3000 }, () => ENDING)
      const text = post(format, ...rows).body
      expect(text).toMatch(/and \d{4} more/)
      const limits = { slack: 4000, discord: 2000, teams: 28_000, ntfy: 4096 }
      const inner = format === 'discord' ? JSON.parse(text).content : text
      expect(Buffer.byteLength(inner)).toBeLessThan(limits[format])
    },
  )

  test('a Teams card has a block for each', () => {
    expect(body('teams', ENDING, FAILED).attachments[0].content.body).toHaveLength(3)
  })
})

test.each<[string, NoticeRow, boolean]>([
  ['a failure', FAILED, true],
  ['tokens that do not arrive', { ...ENDING, event: 'undelivered' }, true],
  ['an end in 14 days', ENDING, false],
  ['an end in 7 days', { ...ENDING, daysLeft: 7 }, true],
  ['what is due', { ...ENDING, event: 'due', daysLeft: 3 }, false],
  ['a recovery', { ...ENDING, event: 'recovered', daysLeft: 3 }, false],
  ['a secret that ended', { ...ENDING, event: 'secret-ending', daysLeft: -1 }, true],
])('%s: urgent or not', (_, row, urgent) => {
  expect(isUrgent(message(row))).toBe(urgent)
})

describe('a text that nobody of ours wrote', () => {
  const HOSTILE =
    '<!channel> <@U123> @everyone @here <#1> [click](https://evil.test) *b* _i_ `c` ||s|| <at>all</at> &amp; "q" \\ line'
  const row = { ...ENDING, text: HOSTILE }

  test('pings and links nobody at Slack: no control character of its own is left', () => {
    const { text } = body('slack', row)
    expect(text.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&]/)
  })

  test('pings and links nobody at Discord: every mark is escaped, and no mention is allowed', () => {
    const { content, allowed_mentions } = body('discord', row)
    expect(allowed_mentions).toEqual({ parse: [] })
    expect(content.replace(/\\[\\*_~`|<>[\]()#@]/g, '')).not.toMatch(/[\\*_~`|<>[\]()#@]/)
  })

  test('is a run of text at Teams, in which neither markdown nor mentions are read', () => {
    const card = body('teams', row).attachments[0].content
    expect(card.body).toEqual([
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: HOSTILE, weight: 'bolder' }] },
    ])
    expect(JSON.stringify(card)).not.toContain('msteams')
  })

  test('is in the body at ntfy, and in no header', () => {
    const { headers } = post('ntfy', row)
    expect(JSON.stringify(headers)).not.toContain('evil')
  })
})
