import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(js|css|svg|json|html)$/
/** Below this a compressed file saves no packet. */
const WORTH = 1024

/** Writes FILE.br and FILE.gz beside every file of text, once, so that the server never does. */
export function precompress(): Plugin {
  let folder = 'dist'
  return {
    name: 'gesso:precompress',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      folder = config.build.outDir
    },
    closeBundle: {
      order: 'post',
      async handler() {
        const found = await readdir(folder, { recursive: true, withFileTypes: true })
        const files = found.filter((each) => each.isFile() && TEXT.test(each.name))
        await Promise.all(files.map((each) => compress(join(each.parentPath, each.name))))
      },
    },
  }
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file)
  if (content.length < WORTH || /pages\.json$/.test(file)) return
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }))
  await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }))
}
