import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** Puts the build's id into index.html: a hash of what was built, the same wherever it is built. */
export function buildId(): Plugin {
  return {
    name: 'gesso:build-id',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        if (!bundle) return html.replace('%BUILD_ID%', 'dev')
        const names = Object.keys(bundle).sort().join('\n')
        const id = createHash('sha256').update(names).digest('hex').slice(0, 12)
        return html.replace('%BUILD_ID%', id)
      },
    },
  }
}
