/**
 * Unpacks the body of an answer that came packed although nobody asked for it. It keeps no more than it is told, so that
 * what is small on the wire cannot fill the memory, and gives back whatever came out before something broke.
 */
import { Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** What came out, and why it ends there where it is not the end. */
export interface Unpacked {
  readonly bytes: Buffer
  readonly isLonger: boolean
  readonly error?: unknown
}

// A packed body that stops in the middle is given as far as it goes, and slight mistakes at its end are let pass.
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const LENIENT_BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}

// More than one is unheard of; each costs memory before a byte has come out.
const MOST_CODINGS = 5

/**
 * The codings of a `content-encoding`, the last that was laid on first; empty where one of them is unknown, since such a
 * body can only be shown as it is.
 *
 * @see RFC 9110 section 8.4
 */
export function codingsOf(contentEncoding: string): string[] {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map(coding => coding.trim())
    .filter(coding => coding !== '' && coding !== 'identity')
    .reverse()
  return codings.every(coding => /^(x-)?gzip$|^deflate$|^br$/.test(coding)) ? codings : []
}

function unpacker(coding: string, first: number): Transform {
  if (coding === 'br') return createBrotliDecompress(LENIENT_BROTLI)
  if (coding !== 'deflate') return createGunzip(LENIENT)
  // Some servers leave the zlib header out; its low four bits are always 8 (RFC 1950, 2.2).
  return (first & 0x0f) === 8 ? createInflate(LENIENT) : createInflateRaw(LENIENT)
}

/** Takes `codings` off `packed`, keeping `longest` bytes at most. Never throws: what broke is in the answer. */
export async function unpack(packed: Buffer, codings: readonly string[], longest: number): Promise<Unpacked> {
  if (codings.length > MOST_CODINGS)
    return { bytes: Buffer.alloc(0), isLonger: false, error: new Error('too many content codings') }
  if (packed.length === 0) return { bytes: packed, isLonger: false }
  const chunks: Buffer[] = []
  let length = 0
  let stream: Readable = Readable.from([packed])
  const stages: Readable[] = [stream]
  for (const coding of codings) {
    const next = unpacker(coding, packed[0] ?? 0)
    // `pipe` hands no error on.
    stream.on('error', error => next.destroy(error))
    stream = stream.pipe(next)
    stages.push(stream)
  }
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length
      chunks.push(chunk)
      if (length > longest) break
    }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), isLonger: false, error }
  } finally {
    for (const stage of stages) stage.destroy()
  }
  const bytes = Buffer.concat(chunks)
  return length > longest ? { bytes: bytes.subarray(0, longest), isLonger: true } : { bytes, isLonger: false }
}
