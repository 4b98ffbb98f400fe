import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** Whose style element the policy lets in: the 3D viewer writes one into its shadow root. */
const STYLED = 'node_modules/@google/model-viewer/lib/template.js'

/** Writes pages.json, from which the server makes its headers: the build's id, and the hashes of
 * the inline scripts and styles that the content policy lets in. */
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
      const scripts = hashesOf(html, 'script')
      const styles = hashesOf(await readFile(STYLED, 'utf8'), 'style')
      await writeFile(
        join(folder, 'pages.json'),
        `${JSON.stringify({ build, scripts, styles }, null, 2)}\n`,
      )
    },
  }
}

/** The hashes of every element of this name that stands in a text. */
function hashesOf(text: string, element: 'script' | 'style'): string[] {
  const found = text.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))
  return [...found].map(
    ([, inside]) => `sha256-${createHash('sha256').update(inside!).digest('base64')}`,
  )
}
