/** What one run of the program is known by, in the history and in what it tells others. */

/** Eight hex digits: enough to tell the runs of a file of lines apart; nothing secret hangs on it. */
export function runId(random: () => number): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')
}
