/**
 * Reading back the JSON that a store wrote: parsed or not, and whether a newer tokenctl wrote it. What is wrong with it
 * is the caller's to say, with the place; V8's own message would quote the text, and nothing here does.
 */

/** The value of a stored text; undefined when it is no JSON, which is no shape either. */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The `version` that a stored value names, where it is newer than the one that is known; else undefined. */
export function newerVersion(json: unknown, known: number): number | undefined {
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined
  return typeof version === 'number' && version > known ? version : undefined
}
