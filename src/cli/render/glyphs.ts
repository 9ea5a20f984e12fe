/** The signs that a time line is drawn with on a screen: two sets, and which one a screen can show. */

export interface Glyphs {
  /** The time until Renew by. */
  readonly quiet: string
  /** The consent lives. */
  readonly life: string
  readonly today: string
  readonly todayAbove: string
  readonly renewBy: string
  readonly reportedEnd: string
  readonly estimatedEnd: string
  readonly earlier: string
  readonly later: string
  /** Where a month begins, and the line between. */
  readonly month: string
  readonly axis: string
  /** What stands for the middle of a name that is too long. */
  readonly cut: string
}

/** For screens that show UTF-8. */
export const DRAWN: Glyphs = {
  quiet: '━',
  life: '─',
  today: '│',
  todayAbove: '▼',
  renewBy: '◆',
  reportedEnd: '■',
  estimatedEnd: '□',
  earlier: '◂',
  later: '▸',
  month: '┬',
  axis: '─',
  cut: '…',
}

/** For every screen: nothing but ASCII. */
export const TYPED: Glyphs = {
  quiet: '=',
  life: '-',
  today: '|',
  todayAbove: 'v',
  renewBy: 'R',
  reportedEnd: 'E',
  estimatedEnd: '~',
  earlier: '<',
  later: '>',
  month: '+',
  axis: '-',
  cut: '..',
}

type Env = Readonly<Record<string, string | undefined>>

/** The signs that a screen can show: drawn ones where it says that it shows UTF-8. */
export function glyphsFor(env: Env, platform: string): Glyphs {
  const term = env['TERM']
  // The Linux console's font has none of the marks.
  if (term === 'dumb' || term === 'linux') return TYPED
  // Windows has no locale in the environment; its new terminal, and what speaks like xterm, shows UTF-8.
  if (platform === 'win32')
    return env['WT_SESSION'] !== undefined || (term ?? '').startsWith('xterm') ? DRAWN : TYPED
  // Empty is as good as unset: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html section 8.2
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return /utf-?8/i.test(locale) ? DRAWN : TYPED
}
