import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { buildId } from './build/build-id'
import { firstLoad } from './build/first-load'
import { manifest } from './build/manifest'
import { precompress } from './build/precompress'

/** Where `make web` finds the API. */
const API = process.env.GESSO_WEB_API ?? 'http://127.0.0.1:8000'
const proxied = { target: API, changeOrigin: false }

export default defineConfig({
  plugins: [
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      routesDirectory: './src/routes',
      generatedRouteTree: './src/routes.gen.ts',
      quoteStyle: 'single',
    }),
    react(),
    tailwind(),
    buildId(),
    manifest(),
    precompress(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: ['chrome111', 'firefox121', 'safari17.4'],
    // The content policy lets fonts and pictures come from files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: { output: { codeSplitting: firstLoad } },
  },
  server: {
    proxy: {
      '/api': proxied,
      '/auth': proxied,
      '/docs': proxied,
      '/openapi.json': proxied,
      '/.well-known': proxied,
    },
  },
})
