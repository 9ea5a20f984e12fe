/** The region of an Amazon seller, asked of a person: Seller Central and its tokens are another in each. */
import { REGIONS, type Region } from '../tokens/token-set.ts'
import type { World } from './world.ts'

const TITLES: Readonly<Record<Region, string>> = {
  na: 'North America',
  eu: 'Europe, India, Middle East, Africa',
  fe: 'Japan, Australia, Singapore',
}

/** The region that a person picks. @throws {ANSWER_MISSING} where nobody can be asked · {CANCELLED} */
export async function askRegion(world: Pick<World, 'prompt'>): Promise<Region> {
  const prompt = await world.prompt()
  const choices = REGIONS.map(value => ({ value, label: `${value}: ${TITLES[value]}` }))
  return await prompt.pick("The seller's region?", choices, { insteadOf: '--region' })
}
