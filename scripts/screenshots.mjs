// Takes pictures of the console's screens in both themes. It starts nothing: give it a running service and a login.
//
//   npm run screenshots -- --url http://localhost:3000 --login <login> --password <password> [--out docs/console]
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--lang=zh-CN',
]
const size = { width: 1680, height: 950 }
const root = fileURLToPath(new URL('..', import.meta.url))

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    login: { type: 'string' },
    password: { type: 'string' },
    out: { type: 'string', default: join(root, 'docs', 'console') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})
if (values.login === undefined || values.password === undefined) {
  process.stderr.write('screenshots: --login and --password are needed; a running service prints them at first start\n')
  process.exit(2)
}

mkdirSync(values.out, { recursive: true })
const browser = await chromium.launch({ executablePath: values.chromium, args: flags })
let problems = 0
try {
  for (const theme of ['dark', 'light']) await pictures(theme)
} finally {
  await browser.close()
}
if (problems > 0) {
  process.stderr.write(`screenshots: the console reported ${problems} errors\n`)
  process.exit(1)
}

async function pictures(theme) {
  const context = await browser.newContext({ viewport: size, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' })
  // Before the page loads, or the first screen would be drawn in the default theme.
  await context.addInitScript((name) => globalThis.localStorage.setItem('livewarden.theme', name), theme)
  const page = await context.newPage()
  page.on('pageerror', (error) => {
    problems += 1
    process.stderr.write(`${theme}: ${error.message}\n`)
  })
  const take = async (name) => {
    // Fonts and the first data have settled; nothing on the screen moves by itself.
    await page.waitForLoadState('load')
    await page.screenshot({ path: join(values.out, `${name}-${theme}.png`) })
    process.stdout.write(`${name}-${theme}.png\n`)
  }

  await page.goto(new URL('/feed', values.url).href)
  await page.getByLabel('账号').fill(values.login)
  await page.getByLabel('密码').fill(values.password)
  await take('sign-in')
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.getByRole('button', { name: /用户菜单/ }).click()
  await page.getByRole('radio', { name: theme === 'dark' ? '深色' : '浅色' }).check()
  await page.getByRole('button', { name: /用户菜单/ }).click()

  const list = page.getByRole('listbox', { name: '告警队列' })
  await list.getByRole('option').first().waitFor({ timeout: 120_000 })
  await take('feed')
  await list.getByRole('option').first().click()
  await page
    .getByRole('form', { name: '处置' })
    .or(page.getByRole('list', { name: '处置进度' }))
    .first()
    .waitFor()
  await page.locator('#case-pane mark').first().waitFor()
  await take('case')

  await page.getByRole('button', { name: '进入直播间' }).click()
  await page.locator('main mark').first().waitFor()
  await take('room')
  await page.getByRole('link', { name: '直播间', exact: true }).click()
  await page.getByRole('table', { name: '直播间列表' }).waitFor()
  await take('rooms')
  await page.getByRole('link', { name: '历史', exact: true }).click()
  await page.getByRole('heading', { name: '处置历史' }).waitFor()
  const first = page.getByRole('button', { name: '展开证据与详情' }).first()
  await first.or(page.getByText('还没有处置记录')).first().waitFor()
  if (await first.isVisible()) await first.click()
  await take('history')
  await context.close()
}
