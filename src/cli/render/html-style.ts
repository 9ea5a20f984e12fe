/**
 * How the page of `status` looks: its two palettes and its one sheet of styles. Nothing is fetched: no font, no image,
 * no sheet. Every pair of colours that text is read in keeps 4.5 to 1 (WCAG 2.2, 1.4.3), which a test computes.
 */
import { ACCOUNT_STATES, type AccountState } from '../../renewal/assess.ts'

export interface Palette extends Readonly<Record<AccountState, string>> {
  readonly ground: string
  /** Behind what is typed. */
  readonly raised: string
  readonly rule: string
  readonly text: string
  readonly muted: string
  readonly link: string
}

/** On paper too. */
export const LIGHT: Palette = {
  ground: '#ffffff',
  raised: '#f3f5f7',
  rule: '#c9d1d9',
  text: '#1c2128',
  muted: '#535c66',
  link: '#0b57a8',
  rejected: '#a5122a',
  expired: '#a5122a',
  unconfirmed: '#6a35b5',
  expiring: '#9c3d00',
  due: '#725000',
  ok: '#14662c',
}

/** Where the person prefers a dark screen. */
export const DARK: Palette = {
  ground: '#12161b',
  raised: '#1e242b',
  rule: '#3d4650',
  text: '#e8edf2',
  muted: '#a3adb8',
  link: '#84bfff',
  rejected: '#ff8f88',
  expired: '#ff8f88',
  unconfirmed: '#d0aaff',
  expiring: '#ffab66',
  due: '#e8bd4a',
  ok: '#67d57c',
}

const variables = (palette: Palette) =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

const stateRules = ACCOUNT_STATES.map(state => `.${state}{--state:var(--${state})}`).join('')

/** On a narrow screen a row is a card and its headers are out of sight: each cell says what it is. */
const labelled = (table: string, labels: readonly string[]) =>
  labels
    .map((label, index) => `.${table} td:nth-of-type(${index + 1})::before{content:"${label}"}`)
    .join('\n')

/** The sheet. It holds no text from elsewhere. */
export const STYLE = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(DARK)}}}
${stateRules}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:76rem;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{margin:0;font-size:1.6rem;line-height:1.25}
h2{margin:2.5rem 0 .75rem;font-size:1.2rem;line-height:1.3}
p,ul{margin:.5rem 0}
ul{padding:0;list-style:none}
small,caption,.muted,footer{color:var(--muted);font-size:.875rem}
a{color:var(--link);display:inline-block;padding:.25rem 0}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
code{padding:.15rem .3rem;border-radius:.3rem;background:var(--raised);border:1px solid var(--rule);font:.8125rem/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;-webkit-box-decoration-break:clone;box-decoration-break:clone;-webkit-user-select:all;user-select:all}
nav ul,.counts,.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.counts{gap:.5rem;margin:1rem 0}
.counts li{padding:.25rem .75rem;border:1px solid var(--state);border-radius:1rem}
.state,.counts li{color:var(--state);font-weight:600}
.icon{width:1em;height:1em;margin-right:.4em;vertical-align:-.125em;fill:currentColor}
table{width:100%;border-collapse:collapse}
caption{padding-bottom:.5rem;text-align:left}
th,td{padding:.6rem .75rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{white-space:nowrap;font-size:.875rem;border-bottom-width:2px}
tbody tr{box-shadow:inset 4px 0 var(--state)}
tbody th{min-width:11.5rem}
thead th:first-child,tbody th{padding-left:1rem}
.accounts thead th:nth-of-type(1){width:20%}
.accounts thead th:nth-of-type(2){width:21%}
.accounts thead th:nth-of-type(3){width:27%}
.accounts td:first-of-type{min-width:11rem}
.accounts td:nth-of-type(n+3) small{white-space:nowrap}
td small,th small,.lines small{display:block}
th small{font-weight:400}
time,.date{white-space:nowrap}
header time{white-space:normal}
.lines li{margin:.5rem 0;padding:.25rem 0 .25rem .75rem;border-left:4px solid var(--rule)}
.lines .expired,.lines .expiring{border-color:var(--state)}
.connect b{display:inline-block;min-width:7rem}
figure{margin:1rem 0 0}
.legend{color:var(--muted);font-size:.875rem}
.legend svg{width:1.5rem;height:1rem;margin-right:.35rem;vertical-align:-.2em;overflow:visible}
.year{display:block;width:100%;overflow:hidden;color:var(--muted);font-size:13px}
.year text{fill:currentColor;stroke:var(--ground);stroke-width:5px;stroke-linejoin:round;paint-order:stroke}
.year g{color:var(--state)}
.year .name,.year .strong{fill:var(--text);font-weight:600}
.year .word{fill:var(--state);font-weight:400}
.year .dates{fill:var(--muted);font-weight:400}
.grid{stroke:var(--rule)}
.january{stroke-width:2}
.today{stroke:var(--text);stroke-width:2;stroke-dasharray:4 3}
.life{stroke:currentColor;stroke-width:2}
.quiet{stroke:currentColor;stroke-width:6}
.mark{fill:currentColor}
.hollow{fill:var(--ground);stroke:currentColor;stroke-width:2}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule)}
@media screen and (max-width:64rem){
table,tbody tr,tbody th,tbody td,caption{display:block}
tbody{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{padding:.5rem .75rem .5rem 1rem;border:1px solid var(--rule);border-radius:.5rem}
tbody th{padding:.2rem 0;border:0;font-size:1.05rem}
tbody td{position:relative;padding:.2rem 0 .2rem 6.25rem;border:0}
td::before{position:absolute;left:0;width:6rem;line-height:1.7;color:var(--muted);font-size:.875rem}
${labelled('accounts', ['State', 'What to type', 'Renew by', 'Ends', 'Last renewed'])}
${labelled('apps', ['State', 'What to type', 'Secret ends'])}
}
@media (max-width:40rem){
h1{font-size:1.35rem}
.connect b{display:block}
.year .dates,.year .minor{display:none}
}
@media print{
:root{font-size:8pt}
body{max-width:none;padding:0}
th,td{padding:.4rem .5rem}
.year{font-size:8pt}
nav{display:none}
tr,figure,li{break-inside:avoid}
h2{break-after:avoid}
code{padding:0;border:0;background:none}
}
@media (forced-colors:active){
.state,.counts li,.year g{color:CanvasText}
.grid,.today{stroke:CanvasText}
tbody tr{border-left:4px solid CanvasText}
}
`.trim()
