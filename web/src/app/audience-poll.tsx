import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '../lib/api.ts'
import { useLive } from '../lib/live-context.ts'
import { useMay } from '../lib/me-context.ts'

const refreshMs = 15_000
/** Rooms asked for; an audience beyond them is not shown as present. */
const mostRooms = 200

/** Asks how many watch the rooms on air: the stream tells who begins and who ends, not who comes and goes. */
export function AudiencePoll() {
  const { store } = useLive()
  const mayRooms = useMay('room.read')
  const rooms = useQuery({
    queryKey: ['rooms', 'audience'],
    queryFn: ({ signal }) => call('rooms', { query: { live: 'true', limit: mostRooms } }, signal),
    enabled: mayRooms,
    refetchInterval: refreshMs,
  })
  const { data, isError } = rooms
  useEffect(() => {
    store.noteAudience(isError || data === undefined ? [] : data.items.flatMap((room) => room.session ?? []))
  }, [store, data, isError])
  return null
}
