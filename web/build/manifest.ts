import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Writes pages.json, from which the server makes its headers: the build's id, and the hashes of
 * the inline scripts that the content policy lets run. */
export function manifest(): Plugin {
  let folder = 'dist'
  return {
    name: 'gesso:manifest',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir
    },
    async closeBundle() {
      const html = await readFile(join(folder, 'index.html'), 'utf8')
      const build = /<meta name="build" content="([^"]+)"/.exec(html)?.[1]
      const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
        ([, script]) => script!,
      )
      const scripts = inline.map(
        (script) => `sha256-${createHash('sha256').update(script).digest('base64')}`,
      )
      await writeFile(
        join(folder, 'pages.json'),
        `${JSON.stringify({ build, scripts, styles: [] }, null, 2)}\n`,
      )
    },
  }
}
