/**
 * A message as each service takes it: headers and body of a POST. Pure. Each escapes by its own rules, and switches off
 * what could ping, link or unfurl, so that no name can do either. Texts come from `notice-words.ts`, in ASCII.
 */
import type { NoticeFormat } from '../../vault/channel-header.ts'
import type { NoticeMessage, NoticeRow } from '../shapes/notice-shape.ts'

export interface NoticePost {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The message for a service. */
export function noticePost(message: NoticeMessage, format: NoticeFormat): NoticePost {
  return FORMATS[format](message)
}

/**
 * The message as text: the first line and, where it is about several things, one line for each below it; what is over
 * `longest` characters is counted.
 */
export function messageText({ text, notices }: NoticeMessage, longest: number): string {
  if (notices.length < 2) return text
  const lines = [text, '']
  for (const [index, row] of notices.entries()) {
    const rest = `and ${notices.length - index} more`
    const isFull = [...lines, row.text, rest].join('\n').length > longest
    lines.push(isFull ? rest : row.text)
    if (isFull) break
  }
  return lines.join('\n')
}

/** Whether it should wake somebody: something is dead or failing, does not arrive, or ends within a week. */
export function isUrgent({ notices }: NoticeMessage): boolean {
  return notices.some(
    ({ event, daysLeft }) =>
      event === 'failed' ||
      event === 'undelivered' ||
      ((event === 'ending' || event === 'secret-ending') && daysLeft !== null && daysLeft <= 7),
  )
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

const FORMATS: Readonly<Record<NoticeFormat, (message: NoticeMessage) => NoticePost>> = {
  json: message => ({ headers: JSON_TYPE, body: JSON.stringify(message) }),

  // https://docs.slack.dev/messaging/formatting-message-text (three characters are escaped, `mrkdwn: false` switches
  // markup off, 4,000 characters are advised); checked 2026-11-23.
  slack: message => ({
    headers: JSON_TYPE,
    body: JSON.stringify({
      text: messageText(message, 3500)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;'),
      mrkdwn: false,
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    }),
  }),

  // https://docs.discord.com/developers/resources/webhook#execute-webhook (2,000 characters, `allowed_mentions`) and
  // .../resources/message#message-object-message-flags (4 is SUPPRESS_EMBEDS); checked 2026-11-23.
  discord: message => ({
    headers: JSON_TYPE,
    body: JSON.stringify({
      // Each escape may double a character.
      content: messageText(message, 1000).replace(/[\\*_~`|<>[\]()#@]/g, '\\$&'),
      allowed_mentions: { parse: [] },
      flags: 4,
    }),
  }),

  // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using (the envelope of
  // Workflows, 28 KB) and https://learn.microsoft.com/adaptive-cards/create/textfeatures (a RichTextBlock reads no
  // markdown; it is of version 1.2); checked 2026-11-23.
  teams: message => ({ headers: JSON_TYPE, body: JSON.stringify(teamsCard(message)) }),

  // https://docs.ntfy.sh/publish/ (headers; priorities 1 to 5; tags that are emoji; 4,096 bytes, more becomes an
  // attachment); checked 2026-11-23.
  ntfy: message => ({
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      title: ntfyTitle(message),
      priority: isUrgent(message) ? '4' : '3',
      tags: message.notices.length > 1 ? 'warning' : TAGS[message.notices[0]?.event ?? 'test'],
    },
    body: messageText(message, 4000),
  }),
}

function teamsCard(message: NoticeMessage): unknown {
  const [first = '', ...lines] = messageText(message, 6000).split('\n')
  const block = (text: string, more: object = {}) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...more }],
  })
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    body: [block(first, { weight: 'bolder' }), ...lines.filter(line => line !== '').map(line => block(line))],
  }
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}

/** What stands over the text: the text itself says the rest. */
function ntfyTitle({ notices }: NoticeMessage): string {
  const [first] = notices
  return notices.length === 1 && first !== undefined && first.event !== 'test'
    ? `tokenctl: ${first.account ?? `app ${first.app}`}`
    : 'tokenctl'
}

const TAGS: Readonly<Record<NoticeRow['event'], string>> = {
  ending: 'hourglass_flowing_sand',
  due: 'calendar',
  failed: 'rotating_light',
  undelivered: 'package',
  recovered: 'white_check_mark',
  'secret-ending': 'key',
  test: 'wave',
}
