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

/** What the address of the feed may say; anything else is dropped. */
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
}

export function roomSearch(search: Search): RoomSearch {
  const at = Number(search['at'])
  return { at: Number.isInteger(at) && at > 0 ? at : undefined, case: pickText(search['case']) }
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
  }
}

function day(value: unknown): string | undefined {
  const text = pickText(value, 10)
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined
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
