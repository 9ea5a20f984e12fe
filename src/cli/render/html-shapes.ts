/**
 * The shapes of the page, each drawn once around its middle and used by name. A state is told by its word, and by a
 * shape beside its colour, so that who sees no colours sees it at a glance all the same.
 */
import type { AccountState } from '../../renewal/assess.ts'
import { Markup, markup } from './markup.ts'

const ring = (radius: number) =>
  `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`
const dot = (x: number) => `M${x - 1.1} 0a1.1 1.1 0 1 0 2.2 0a1.1 1.1 0 1 0-2.2 0z`

/** By state; each fits into 16 by 16. Holes are the even-odd rule's. */
const STATE_SHAPES: Readonly<Record<AccountState, string>> = {
  // No entry.
  rejected: `${ring(7)}M-4-1.3h8v2.6h-8z`,
  // A cross.
  expired: 'M-6.2-4.3l1.9-1.9L0-1.9l4.3-4.3l1.9 1.9L1.9 0l4.3 4.3l-1.9 1.9L0 1.9l-4.3 4.3l-1.9-1.9L-1.9 0z',
  // Three dots in a ring: an answer is awaited.
  unconfirmed: `${ring(7)}${ring(5.6)}${dot(-3.2)}${dot(0)}${dot(3.2)}`,
  // A warning triangle.
  expiring: 'M0-7L7.6 6.5H-7.6zM-1-2.4h2L.7 2.2h-1.4zM-.95 3.3h1.9v1.9h-1.9z',
  // A clock.
  due: `${ring(7)}${ring(5.4)}M-.8-4h1.6v3.7l2.6 1.9l-1 1.3L-.8.6z`,
  // A tick.
  ok: 'M-6.6.2l1.7-1.7l2.9 2.9l6.8-6.9l1.7 1.7L-2 4.8z',
}

/** The marks on the time line that are filled, by the name that `use` has for them; some 12 by 12. */
const MARKS = {
  'renew-by': 'M0-6.5L6.5 0L0 6.5L-6.5 0z',
  'reported-end': 'M-5-5h10v10h-10z',
  earlier: 'M4-6v12L-5 0z',
  later: 'M-4-6v12L5 0z',
} as const

export type MarkName = keyof typeof MARKS | 'estimated-end'

/** All of them, out of sight, to be used below. */
export const SHAPES: Markup = new Markup(
  [
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true" focusable="false"><defs>',
    ...Object.entries(STATE_SHAPES).map(
      ([state, path]) => `<path id="${state}" fill="currentColor" fill-rule="evenodd" d="${path}"/>`,
    ),
    ...Object.entries(MARKS).map(([name, path]) => `<path id="${name}" class="mark" d="${path}"/>`),
    '<path id="estimated-end" class="hollow" d="M-4.5-4.5h9v9h-9z"/>',
    '</defs></svg>',
  ].join('\n'),
)

/** The state's shape, as tall as the text it stands in. Its word must stand beside it. */
export function stateIcon(state: AccountState): Markup {
  return markup`<svg class="icon" viewBox="-8 -8 16 16" aria-hidden="true"><use href="#${state}"/></svg>`
}
