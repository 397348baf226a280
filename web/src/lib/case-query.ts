import { queryOptions } from '@tanstack/react-query'
import { call } from './api.ts'

/** A case beside everything needed to decide it. */
export function caseQuery(caseId: string) {
  return queryOptions({
    queryKey: ['case', caseId],
    queryFn: ({ signal }) => call('case', { params: { id: caseId } }, signal),
    staleTime: 5_000,
  })
}

/** A room as its own screen needs it. */
export function roomQuery(roomId: string) {
  return queryOptions({
    queryKey: ['room', roomId],
    queryFn: ({ signal }) => call('room', { params: { id: roomId } }, signal),
    staleTime: 2_000,
  })
}
