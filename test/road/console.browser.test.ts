import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RoomClient } from '../../sdk/room-client.ts'
import type { SessionClosed } from '../../sdk/session-closed.ts'
import { openBrowser } from '../support/browser.ts'
import { createKey, createPerson } from '../support/console-user.ts'
import { startService, type Service } from '../support/service.ts'
import { testStore } from '../support/store.ts'

const claim = '这个茶喝一个月血糖自己就降下来了药都不用吃'

describe('the road, on a moderator’s screen', () => {
  let store: Awaited<ReturnType<typeof testStore>>
  let service: Service
  let browser: Awaited<ReturnType<typeof openBrowser>>
  let key: string
  let password: string

  beforeAll(async () => {
    store = await testStore()
    service = await startService({ databaseUrl: store.url })
    key = await createKey(store.url)
    password = await createPerson(store.url, 'xiaolin', 'moderator')
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await service.end('SIGTERM')
    await store.close()
  })

  test('[CM1] sign in, see an alert arrive without reload, read the marked words, suspend, see the room cut off, find it in the history', async () => {
    const page = await browser.page()
    await page.goto(`${service.url}/feed`)
    await page.getByLabel('账号').fill('xiaolin')
    await page.getByLabel('密码').fill(password)
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByText('当前没有待处理告警').waitFor()
    let loads = 0
    page.on('load', () => {
      loads += 1
    })

    const closed = new Promise<SessionClosed>((resolve) => {
      client = new RoomClient({ url: service.url, key, onClosed: (closing) => resolve(closing) })
    })
    const session = await client?.start({
      roomId: 'screen-room',
      title: '山里茶铺',
      host: { id: 'screen-host', name: '伍姐' },
      category: 'food',
    })
    session?.speech('家人们早上好先喝口水', { atMs: 1_000 })
    session?.chat('老人能喝吗', { userId: 'viewer-1', userName: '荷花姐姐', atMs: 2_000 })
    session?.speech(claim, { atMs: 6_000 })
    await session?.flush()

    const row = page.getByRole('listbox', { name: '告警队列' }).getByRole('option').first()
    await row.waitFor()
    await page
      .getByRole('status', { name: /数据状态/ })
      .and(page.locator('[data-level="live"]'))
      .waitFor()

    // By keyboard: next, open, act.
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    const pane = page.locator('#case-pane')
    await pane
      .getByText(/案件 C-\d+/)
      .first()
      .waitFor()
    const marked = await pane.locator('mark').allTextContents()
    expect(marked.length).toBeGreaterThan(0)
    for (const words of marked) expect(claim).toContain(words)
    await pane
      .getByText(/《.*(食品安全法|广告法).*》/)
      .first()
      .waitFor()
    // Viewers' names are masked on screen.
    expect(await page.getByText('荷花姐姐').count()).toBe(0)

    await page.keyboard.press('s')
    const panel = page.getByRole('form', { name: '处置' })
    expect(await panel.getByRole('radio', { name: /停播/ }).isChecked()).toBe(true)
    await panel.getByRole('textbox', { name: /理由/ }).fill('口播宣称降血糖并劝停药')
    await page.keyboard.press('Control+Enter')
    await page
      .getByRole('list', { name: '处置进度' })
      .getByText(/已生效/)
      .waitFor()

    expect(await closed).toMatchObject({ why: 'measure' })
    await expect(
      client?.start({ roomId: 'screen-room', title: '山里茶铺', host: { id: 'screen-host', name: '伍姐' } }),
    ).rejects.toMatchObject({ code: 'room_suspended' })
    expect(loads).toBe(0)

    await page.getByRole('link', { name: '历史', exact: true }).click()
    const table = page.getByRole('table', { name: '处置历史' })
    const entry = table.getByRole('row').filter({ hasText: '伍姐' }).first()
    await entry.waitFor()
    expect(await entry.textContent()).toMatch(/停播.*已生效/)
    await entry.getByRole('button', { name: '展开证据与详情' }).click()
    await page.getByText('口播宣称降血糖并劝停药').first().waitFor()
    expect(browser.errors).toEqual([])
  })

  test('text from strangers is only ever text', async () => {
    const page = await browser.page()
    const hostile = '<img src=x onerror="document.title=\'hacked\'"><b>血糖降下来了药都不用吃</b>'
    const other = new RoomClient({ url: service.url, key })
    const session = await other.start({
      roomId: 'hostile-room',
      title: '<script>document.title="hacked"</script>',
      host: { id: 'hostile-host', name: '"><svg onload=alert(1)>' },
      category: 'food',
    })
    session.speech(`${claim}${hostile}`, { atMs: 1_000 })
    session.chat(`\u202e倒着\u200b看${hostile}`, { userId: 'v', userName: '<i>x</i>', atMs: 2_000 })
    await session.flush()
    await page.goto(`${service.url}/rooms/hostile-room`)
    await page.getByRole('heading', { name: /<script>/ }).waitFor()
    await page
      .getByText(/onerror=/)
      .first()
      .waitFor()
    expect(await page.title()).not.toContain('hacked')
    expect(await page.locator('img[src="x"]').count()).toBe(0)
    expect(browser.errors).toEqual([])
    await other.close()
  })

  let client: RoomClient | undefined
  afterAll(() => client?.close())
})
