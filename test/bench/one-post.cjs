/**
 * One refresh as a process, by a client alone: `node one-post.cjs http|fetch|undici URL`. CommonJS and nothing loaded that
 * its way does not need, since it is to show what the client costs.
 */
const [, , how, url] = process.argv

const method = 'POST'
const headers = {
  authorization: `Basic ${Buffer.from('a-b-c:PRD-made-up').toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded',
}
const token = 'v^1.1#i^1#p^3#r^1#I^3#f^0#t^one-post.1+/=='
const body = `grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}`

const read = text => {
  if (typeof JSON.parse(text).access_token !== 'string') throw new Error(text)
}

const ways = {
  http: () =>
    require('node:http')
      .request(url, { method, headers: { ...headers, 'content-length': body.length } }, response => {
        let text = ''
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => read(text))
      })
      .end(body),
  fetch: async () => read(await (await fetch(url, { method, headers, body })).text()),
  undici: async () => {
    const { Agent, request } = require('undici')
    const answer = await request(url, { method, headers, body, dispatcher: new Agent() })
    read(await answer.body.text())
  },
}

ways[how]()
