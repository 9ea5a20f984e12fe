/** Text inside XML, for the two schedulers that are told in it. Pure. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** The text as content or value of an attribute. It must hold no control characters: XML 1.0 cannot say them. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"]/g, sign => ENTITIES[sign] ?? sign)
}

/** What such a text said. */
export function plainText(xml: string): string {
  return xml.replace(
    /&(?:amp|lt|gt|quot|apos);/g,
    entity => Object.entries(ENTITIES).find(([, name]) => name === entity)?.[0] ?? "'",
  )
}
