// A store as somebody else writes it: one file for everything, from the package's two entries alone. It does not seal what
// it keeps, as a true one must.
import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { TokenctlError, vaultKey } from 'tokenctl'

const queues = new Map()

/** The store in a file, which is made at the first write. */
export function openMine(file) {
  const read = () =>
    existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : { key: randomBytes(32).toString('hex'), records: {}, journal: {}, asked: {} }
  const change = work => {
    const all = read()
    const result = work(all)
    writeFileSync(`${file}.new`, JSON.stringify(all), { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
    return result
  }
  const keyBytes = () =>
    Buffer.from(
      change(all => all.key),
      'hex',
    )
  return {
    kind: 'one-file',
    maxValueBytes: 100_000,
    headers: async () =>
      Object.entries(read().records)
        .map(([key, { header }]) => ({ key, header }))
        .filter(({ header }) => Object.keys(header).length > 0)
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    get: async key => read().records[key],
    put: async (key, record) => {
      if (Buffer.byteLength(JSON.stringify(record.header)) + Buffer.byteLength(record.body) > 100_000)
        throw new TokenctlError('WRITE_FAILED', `The record ${key} is too long.`)
      change(all => {
        all.records[key] = record
      })
    },
    delete: async key =>
      change(all => {
        const was = key in all.records
        delete all.records[key]
        return was
      }),
    journal: textsIn('journal', read, change),
    asked: textsIn('asked', read, change),
    sealKey: () => vaultKey(keyBytes()),
    prove: async () => change(() => {}),
    lock: (name, work) => {
      // Of this process alone: enough for the suite, and for a program that runs once.
      const place = `${file} ${name}`
      const turn = (queues.get(place) ?? Promise.resolve()).then(work)
      queues.set(
        place,
        turn.catch(() => {}),
      )
      return turn
    },
    fingerprint: async text => createHmac('sha256', keyBytes()).update(text).digest('hex').slice(0, 16),
    close: async () => {},
  }
}

function textsIn(part, read, change) {
  const aside = (key, why, keeps) =>
    change(all => {
      const text = all[part][key]
      if (text === undefined) throw new TokenctlError('BUG', `There is no text of ${key}.`)
      let number = 1
      while (`${key}~${why}-${number}` in all[part]) number += 1
      all[part][`${key}~${why}-${number}`] = text
      if (!keeps) delete all[part][key]
      return `${key}~${why}-${number}`
    })
  return {
    begin: async (key, text) => {
      change(all => {
        all[part][key] = text
      })
      return {
        addLine: async line =>
          change(all => {
            all[part][key] += `${line}\n`
          }),
        close: () => {},
      }
    },
    read: async key => read()[part][key],
    keys: async () => Object.keys(read()[part]).filter(key => !key.includes('~')),
    remove: async key =>
      change(all => {
        delete all[part][key]
      }),
    setAside: async (key, why) => aside(key, why, false),
    copyAside: async (key, why) => aside(key, why, true),
  }
}
