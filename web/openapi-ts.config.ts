import { defineConfig } from '@hey-api/openapi-ts'

// The client of the API, made from the committed document; what it makes is not committed.
export default defineConfig({
  input: './openapi.json',
  output: { path: './src/api/generated', clean: true },
  parser: {
    filters: {
      // `live/` follows the streams; a query cannot.
      operations: { exclude: ['GET /api/v1/events', 'GET /api/v1/tasks/{task_id}/events'] },
    },
  },
  plugins: [
    '@hey-api/typescript',
    // Pages come with cookies; how others could come in need not be said at every call.
    { name: '@hey-api/sdk', auth: false },
    {
      name: '@hey-api/client-fetch',
      runtimeConfigPath: '../client',
      throwOnError: true,
    },
    { name: '@tanstack/react-query', queryOptions: true, queryKeys: true },
  ],
})
