/** Dates as people read them: local and short. Programs get ISO 8601 in UTC (`tokens/time.ts`). */
import { lightFormat } from 'date-fns/lightFormat'
import type { EpochMs } from '../../tokens/time.ts'

/** `2026-11-22`, in the machine's time zone. */
export function showDay(at: EpochMs): string {
  return lightFormat(at, 'yyyy-MM-dd')
}

/** `2026-11-22 10:00`, in the machine's time zone. */
export function showTime(at: EpochMs): string {
  return lightFormat(at, 'yyyy-MM-dd HH:mm')
}
