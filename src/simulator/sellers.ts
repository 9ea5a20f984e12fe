/**
 * The sellers that a marketplace knows, and what it calls them. A seller is a person with a shop; an account of the
 * simulator is that seller's consent to one app. Ids follow from the name, so that two runs agree on them.
 */
import { createHash } from 'node:crypto'
import type { Vendor } from './vendors.ts'

export interface Seller {
  readonly vendor: Vendor
  /** What the seller goes by: eBay's user name, AliExpress' nick. It may change; the id does not. */
  name: string
  /** eBay's `userId`, Amazon's `selling_partner_id`, AliExpress' `seller_id`. */
  readonly id: string
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A seller with an id that looks like the vendor's. The shapes are a guess: no vendor documents its own. */
export function makeSeller(vendor: Vendor, name: string): Seller {
  const hash = createHash('sha256').update(`${vendor}:${name}`).digest()
  const letters = (count: number) => Array.from(hash.subarray(0, count), byte => LETTERS[byte % 32]).join('')
  const ids: Record<Vendor, () => string> = {
    ebay: () => letters(11).toLowerCase(),
    amazon: () => `A${letters(13)}`,
    etsy: () => number(hash),
    allegro: () => number(hash),
    mercadolibre: () => number(hash),
    aliexpress: () => `2${String(hash.readUInt32BE()).padStart(10, '0').slice(-9)}`,
  }
  return { vendor, name, id: ids[vendor]() }
}

/** Nine digits, as the plain vendors number people. */
const number = (hash: Buffer) => `1${String(hash.readUInt32BE()).padStart(10, '0').slice(-8)}`

/** What to call a seller's first account: `ebay-newcomer` is `ebay:newcomer`, or the first free name after it. */
export function accountName({ vendor, name }: Seller, isTaken: (account: string) => boolean): string {
  const word = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const own = word.startsWith(`${vendor}-`) ? word.slice(vendor.length + 1) : word
  const base = `${vendor}:${own.replace(/^-+/, '').slice(0, 50).replace(/-+$/, '') || 'seller'}`
  let account = base
  for (let count = 2; isTaken(account); count += 1) account = `${base}-${count}`
  return account
}

/** The sellers by name, each marketplace's by itself. */
export class Sellers {
  readonly #known = new Map<string, Seller>()

  /** The seller of that name, made known now if need be. */
  add(vendor: Vendor, name: string): Seller {
    const seller = this.find(vendor, name) ?? makeSeller(vendor, name)
    this.#known.set(`${vendor}:${name}`, seller)
    return seller
  }

  /** The seller of that name; undefined for a stranger. */
  find(vendor: Vendor, name: string): Seller | undefined {
    return this.#known.get(`${vendor}:${name}`)
  }

  /** Gives a seller another name, under which it is found from now on. */
  rename(seller: Seller, name: string): void {
    this.#known.delete(`${seller.vendor}:${seller.name}`)
    seller.name = name
    this.#known.set(`${seller.vendor}:${name}`, seller)
  }

  /** All of a marketplace, in the order they came. */
  of(vendor: Vendor): readonly Seller[] {
    return [...this.#known.values()].filter(seller => seller.vendor === vendor)
  }
}
