import {
  actions,
  enforcementStatuses,
  type Action,
  type EnforcementStatus,
} from '../../../src/contracts/enforcement.ts'
import { codes, type Code, type TaxonomyEntry } from '../../../src/contracts/taxonomy.ts'
import { pickMany, pickOne, pickText } from './search-codec.ts'
import { levels, type Level } from './severity.ts'

type Search = Record<string, unknown>

export const families = [
  'efficacy',
  'spec',
  'blindbox',
  'evasion',
  'chat',
] as const satisfies readonly TaxonomyEntry['family'][]
export type Family = (typeof families)[number]

/** A filter on rules: one code, or a whole family. */
export type RuleFilter = Code | Family
export const ruleFilters: readonly RuleFilter[] = [...families, ...codes]

export type FeedSearch = {
  alert?: string | undefined
  severity?: Level[] | undefined
  rule?: RuleFilter[] | undefined
  room?: string[] | undefined
}

/** What the address of the feed may say; anything else is dropped (see `ignoredOf`). */
export function feedSearch(search: Search): FeedSearch {
  return {
    alert: pickText(search['alert']),
    severity: pickMany(search['severity'], levels),
    rule: pickMany(search['rule'], ruleFilters),
    room: texts(search['room']),
  }
}

export const roomStates = ['live', 'all'] as const
export type RoomsSearch = { state?: (typeof roomStates)[number] | undefined }

export function roomsSearch(search: Search): RoomsSearch {
  return { state: pickOne(search['state'], roomStates) }
}

export type RoomSearch = {
  /** `seq` of a line to show. */
  at?: number | undefined
  case?: string | undefined
  /** An earlier broadcast of the room; its present one otherwise. */
  session?: string | undefined
}

export function roomSearch(search: Search): RoomSearch {
  const at = Number(search['at'])
  return {
    at: Number.isInteger(at) && at > 0 ? at : undefined,
    case: pickText(search['case']),
    session: pickText(search['session'], 64),
  }
}

export const demoChoices = ['include', 'exclude', 'only'] as const
export type HistorySearch = {
  action?: Action[] | undefined
  status?: EnforcementStatus[] | undefined
  code?: Code[] | undefined
  from?: string | undefined
  to?: string | undefined
  room?: string | undefined
  host?: string | undefined
  q?: string | undefined
  demo?: (typeof demoChoices)[number] | undefined
  /** Id of the measure whose evidence is open. */
  open?: string | undefined
}

export function historySearch(search: Search): HistorySearch {
  return {
    action: pickMany(search['action'], actions),
    status: pickMany(search['status'], enforcementStatuses),
    code: pickMany(search['code'], codes),
    from: day(search['from']),
    to: day(search['to']),
    room: pickText(search['room'], 128),
    host: pickText(search['host'], 128),
    q: pickText(search['q']),
    demo: pickOne(search['demo'], demoChoices),
    open: pickText(search['open'], 64),
  }
}

function day(value: unknown): string | undefined {
  const text = pickText(value, 10)
  return text !== undefined && isDay(text) ? text : undefined
}

/** `2026-02-30` is written like a day and is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

function texts(value: unknown): string[] | undefined {
  const list = (Array.isArray(value) ? value : value === undefined ? [] : [value])
    .map(String)
    .filter((item) => item !== '')
    .slice(0, 50)
  return list.length === 0 ? undefined : list
}

/** Whether a rule passes a filter of codes and families; no filter passes all. */
export function passesRules(code: string, filter: readonly RuleFilter[] | undefined): boolean {
  if (filter === undefined) return true
  return filter.some((item) => item === code || code.startsWith(`${item}.`))
}

/** Parameters of the address that are no condition of a screen. */
const unconditional = new Set(['lang'])

/** What an address said that its screen could not use, as `name=value`. */
export function ignoredOf(given: Search, kept: object): string[] {
  const used = new Map(Object.entries(kept).map(([key, value]) => [key, listOf(value)]))
  return Object.entries(given).flatMap(([key, value]) =>
    unconditional.has(key)
      ? []
      : listOf(value)
          .filter((item) => item !== '' && used.get(key)?.includes(item) !== true)
          .map((item) => `${key}=${item}`),
  )
}

function listOf(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return items.map(String)
}
