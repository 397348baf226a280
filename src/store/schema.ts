import type { ColumnType, Generated } from 'kysely'
import type { Actor } from '../contracts/people.ts'
import type { AlertSeed } from '../contracts/alert-seed.ts'
import type { ConsoleFact } from '../contracts/console-wire.ts'
import type { Evidence, Ground } from '../contracts/enforcement.ts'
import type { Finding } from '../contracts/finding.ts'
import type { RoomEvent } from '../contracts/room-event.ts'

/** A timestamp read as Date; written as Date or ISO text; the database's clock fills it when left out. */
type Time = ColumnType<Date, Date | string | undefined, Date | string>
type NullableTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
/** JSON goes in as text, so that strings and arrays are not mistaken for SQL values. */
type Json<T> = ColumnType<T, string, string>

/** Rows as the database holds them. They do not travel: every module maps them to contract types. */
export type Database = {
  hosts: { id: string; name: string; demo: boolean; created_at: Time }
  rooms: {
    id: string
    host_id: string
    title: string
    live_url: string | null
    partition: number
    demo: boolean
    created_at: Time
  }
  sessions: SessionRow
  session_cursors: {
    session_id: string
    partition: number
    processed_seq: Generated<number>
    snapshot_seq: Generated<number>
    snapshot_version: Generated<number>
    snapshot: Json<unknown> | null
    snapshot_at: NullableTime
    settled: Generated<boolean>
  }
  session_packs: { session_id: string; from_seq: number; pack_hash: string }
  events: {
    session_id: string
    seq: number
    channel: string
    at_ms: number
    body: Json<RoomEvent>
    hash: Buffer
    received_at: Time
  }
  coverage_gaps: { session_id: string; from_seq: number; to_seq: number; reason: string; at: Time }
  dead_letters: { session_id: string; seq: number; error: string; at: Time }
  partition_leases: { partition: number; holder: string; fence: number; expires_at: Time }
  cases: CaseRow
  alerts: {
    id: string
    session_id: string
    room_id: string
    host_id: string
    case_id: string
    code: string
    label: string
    severity: number
    state: string
    seed: Json<AlertSeed>
    viewers: number | null
    opened_at: Time
    updated_at: Time
    demo: boolean
    rev: Generated<number>
  }
  findings: {
    session_id: string
    seq: number
    code: string
    rule_id: string
    span_start: number
    alert_id: string | null
    finding: Json<Finding>
    withdrawn_by: number | null
  }
  enforcements: EnforcementRow
  strikes: {
    enforcement_id: string
    host_id: string
    weight: number
    issued_at: Time
    expires_at: Time
    struck_out_by: string | null
  }
  command_results: { actor_id: string; idempotency_key: string; request_hash: string; result: Json<unknown>; at: Time }
  audit_log: { seq: number; prev_hash: string; hash: string; kind: string; body_jcs: string; at: Time }
  audit_head: { single: Generated<boolean>; seq: number; hash: string }
  console_log: {
    id: Generated<number>
    xid: Generated<string>
    at: Time
    room_id: string | null
    fact: Json<ConsoleFact>
    demo: boolean
    stream_seq: number | null
  }
  console_head: { single: Generated<boolean>; seq: number; floor: number }
  people: {
    id: string
    login: string
    name: string
    role: string
    password_hash: string
    disabled: Generated<boolean>
    demo: Generated<boolean>
    created_at: Time
  }
  login_sessions: { token_hash: string; person_id: string; created_at: Time; last_seen_at: Time }
  room_keys: {
    id: string
    key_hash: string
    name: string
    rooms: string[] | null
    demo: boolean
    created_at: Time
    revoked_at: NullableTime
  }
  rule_packs: {
    hash: string
    name: string
    version: string
    sources: Json<{ file: string; text: string }[]>
    rules: number
    origin: string
    active: boolean
    created_at: Time
    note: Generated<string>
    published_by: string | null
    in_force_since: NullableTime
  }
}

export type SessionRow = {
  id: string
  room_id: string
  epoch: number
  session_ref: string | null
  title: string
  host_id: string
  host_name: string
  category: string | null
  licences: string[]
  live_url: string | null
  partition: number
  started_at: Time
  ended_at: NullableTime
  end_reason: string | null
  last_seq: Generated<number>
  last_event_at: NullableTime
  last_speech_at: NullableTime
  viewers: number | null
  demo: boolean
  rev: Generated<number>
}

export type CaseRow = {
  id: string
  number: Generated<number>
  session_id: string
  room_id: string
  host_id: string
  anchor_seq: number
  status: Generated<string>
  severity: number
  claimed_by: string | null
  claimed_until: NullableTime
  opened_at: Time
  resolved_at: NullableTime
  resolved_by: string | null
  resolved_by_name: string | null
  decision: string | null
  dismiss_reason: string | null
  note: Generated<string>
  follows: string | null
  demo: boolean
  rev: Generated<number>
}

export type EnforcementRow = {
  id: string
  action: string
  subject_kind: string
  subject_id: string
  room_id: string | null
  session_id: string | null
  host_id: string | null
  host_name: string | null
  room_title: string | null
  case_id: string | null
  codes: string[]
  status: string
  reason: string
  notice: string
  evidence: Json<Evidence[]>
  grounds: Json<Ground[]>
  actor: Json<Actor>
  actor_id: string
  issued_at: Time
  until: NullableTime
  received_at: NullableTime
  effective_at: NullableTime
  ended_at: NullableTime
  reverses: string | null
  reversed_by: string | null
  audit_seq: number
  idempotency_key: string
  request_hash: string
  demo: boolean
  rev: Generated<number>
}
