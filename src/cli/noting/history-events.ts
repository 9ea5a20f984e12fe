/** From lines of the history to events. What is no line of ours, torn or damaged, is left out and counted. */
import * as z from 'zod/mini'
import { historyLineSchema, type RecordedEvent } from '../shapes/history-shape.ts'

/** What the lines hold, in their order. */
interface RecordedEvents {
  readonly events: readonly RecordedEvent[]
  /** How many lines were none of ours. */
  readonly skipped: number
}

/** The events that these lines are. */
export function eventsOf(lines: readonly string[]): RecordedEvents {
  const events = lines.flatMap(line => eventOf(line) ?? [])
  return { events, skipped: lines.length - events.length }
}

function eventOf(line: string): RecordedEvent | undefined {
  const parsed = z.safeParse(historyLineSchema, jsonOf(line))
  if (!parsed.success) return undefined
  const { version: _, ...event } = parsed.data
  return event
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Counted by the caller; the parser's own words would quote the line.
    return undefined
  }
}

/** Whether an event is of what a word names: `ebay:main`, also before it was renamed, or `ebay` for all of them. */
export function concerns(event: RecordedEvent, word: string): boolean {
  return [event.subject, event.from].some(name => name === word || name?.startsWith(`${word}:`) === true)
}
