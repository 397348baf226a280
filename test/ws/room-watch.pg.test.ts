import type { Socket } from 'socket.io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createInProcessFanout } from '../../src/bus/in-process-fanout.ts'
import type { Person } from '../../src/contracts/people.ts'
import type { Db } from '../../src/store/database.ts'
import { ConsoleClient } from '../../src/ws/console-client.ts'
import { RoomWatch } from '../../src/ws/room-watch.ts'
import { addEvent } from '../enforcement/case-fixture.ts'
import { speech, startedSession, testStore } from '../support/store.ts'

const person: Person = { id: 'p', login: 'p', name: 'p', role: 'lead', disabled: false, demo: false }
const fanout = createInProcessFanout()
let db: Db
let close: () => Promise<void>
let watch: RoomWatch
let sessionId: string

beforeAll(async () => {
  ;({ db, close } = await testStore())
  watch = new RoomWatch({
    db,
    fanout,
    onError(error) {
      throw error
    },
  })
  sessionId = await startedSession(db)
})
afterAll(async () => {
  watch.close()
  await fanout.close()
  await close()
})

/** A console as the watch sees it, with the lines it was pushed. */
function sitting() {
  const lines: number[] = []
  let heard: () => void = () => undefined
  const hears = new Promise<void>((resolve) => (heard = resolve))
  const socket = {
    connected: true,
    emit(_type: string, data: { lines: { seq: number }[] }) {
      lines.push(...data.lines.map((line) => line.seq))
      heard()
    },
  }
  return { client: new ConsoleClient(socket as unknown as Socket, 'token', person), socket, lines, hears }
}

test('a console that left while its question was on the way is pushed nothing, and is not kept', async () => {
  const [gone, here] = [sitting(), sitting()]
  gone.socket.connected = false
  watch.forget(gone.client)
  expect(await watch.watch(gone.client, sessionId)).toMatchObject({ ok: false })
  expect(await watch.watch(here.client, sessionId)).toMatchObject({ ok: true })
  await addEvent(db, sessionId, speech(1))
  fanout.publish({ topic: 'events', sessionIds: [sessionId] })
  await here.hears
  expect(here.lines).toEqual([1])
  expect(gone.lines).toEqual([])
})
