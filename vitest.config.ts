import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Two cores carry Postgres, Redis and Chromium too: more files at once only make them slower.
    maxWorkers: 2,
    reporters: ['default'],
  },
})
