import { describe, expect, it } from 'vitest'
import { sign } from '../../../src/marketplaces/aliexpress/sign.ts'
import { Secret } from '../../../src/tokens/secret.ts'

const SECRET = new Secret('helloworld')
const TIMED = { sign_method: 'sha256', timestamp: '1517820392000' }
/** The vendor's example for a system interface. */
const CREATE = { ...TIMED, app_key: '12345678', code: '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26' }
/** The vendor's example for a business interface. */
const SCHEMA = {
  ...TIMED,
  app_key: '123456',
  access_token: 'test',
  aliexpress_category_id: '200135143',
  method: 'aliexpress.solution.product.schema.get',
}

describe('the signature', () => {
  it.each([
    [
      'AliExpress, docId=1367',
      '/auth/token/create',
      CREATE,
      '35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81',
    ],
    [
      'Miravia, the same algorithm',
      '/order/get',
      { ...TIMED, app_key: '123456', access_token: 'test', order_id: '1234' },
      '4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A',
    ],
    [
      'reckoned for a refresh',
      '/auth/token/refresh',
      { ...TIMED, app_key: '12345678', refresh_token: 'test' },
      'FBB5D59082177F7C0DDFDA699073748FBAD24509C1B226FEE65EBD13C6BEC245',
    ],
    [
      'reckoned for the business example',
      '',
      SCHEMA,
      '3357CAFF314CC8745C781F3699ED77DDCF5C4ED283F7B58461544844A28E76C4',
    ],
  ])('is that of the example: %s', (_, path, parameters, expected) => {
    expect(sign(path, parameters, SECRET)).toBe(expected)
  })

  it('is not the digest that docId=1386 prints, which no reading of the algorithm gives', () => {
    expect(sign('', SCHEMA, SECRET)).not.toBe(
      'F7F7926B67316C9D1E8E15F7E66940ED3059B1638C497D77973F30046EFB5BBB',
    )
  })

  it('is not that of a client which forgets the path', () => {
    const forgotten = '217EA116F49AE54F967E535474DF51946103E418D0481A38E6D997079BC68C3D'
    expect(sign('/auth/token/create', CREATE, SECRET)).not.toBe(forgotten)
    expect(sign('', CREATE, SECRET)).toBe(forgotten)
  })

  it('leaves out an older signature, and the order in which parameters were given', () => {
    const reversed = Object.fromEntries(Object.entries(CREATE).reverse())
    expect(sign('/auth/token/create', { sign: 'OLD', ...reversed }, SECRET)).toBe(
      sign('/auth/token/create', CREATE, SECRET),
    )
  })

  it('sorts by code unit: capitals, then the underscore, then small letters', () => {
    // A locale puts `_` first and `a` before `B`; each pair makes one text in ASCII order, another in a locale's.
    expect(sign('', { aB: '1', a_: '2', ab: '3', a1: '4', A: '5' }, SECRET)).toBe(
      sign('A5a14aB1a_2ab3', {}, SECRET),
    )
  })

  it('takes values as UTF-8, unencoded', () => {
    expect(sign('/p', { q: 'a+b c/ü€' }, SECRET)).toBe(sign('/pqa+b c/ü€', {}, SECRET))
  })
})
