import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real Chromium with a fresh profile. `errors` collects what pages threw or refused by their content policy. */
export async function openBrowser(): Promise<{
  context: BrowserContext
  errors: string[]
  page(): Promise<Page>
  close(): Promise<void>
}> {
  const profile = await mkdtemp(join(tmpdir(), 'livewarden-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: flags,
    viewport: { width: 1680, height: 950 },
    locale: 'zh-CN',
    // Somewhere else on purpose: times on screen are Beijing's, wherever the browser is.
    timezoneId: 'America/New_York',
  })
  const errors: string[] = []
  return {
    context,
    errors,
    async page() {
      const page = await context.newPage()
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) errors.push(message.text())
      })
      return page
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
