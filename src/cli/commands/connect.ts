/** What connects a marketplace that nothing is connected to, as a command to type. */
export function connectCommand(marketplace: string): string {
  return marketplace === 'amazon' ? 'tokenctl set-amazon' : `tokenctl login ${marketplace}`
}
