/**
 * What `pg` asks its surroundings as it loads, answered while bundling. Whether this is a Cloudflare Worker it finds out by
 * making a `Response` where there is no `navigator`, as in Node 20, and that loads all of `fetch`: 18 of its 26 ms. And a
 * variable of the environment would have it load `pg-native`, which is not there. Nothing else in the bundles asks for
 * either. Figures: docs/dependencies.md.
 *
 * @type {Record<string, string>}
 */
export const PG_IN_NODE = {
  navigator: '({ userAgent: "Node.js" })',
  'process.env.NODE_PG_FORCE_NATIVE': '""',
}
