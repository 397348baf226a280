import { sql, type Kysely } from 'kysely'

/** Tables of the first release. Facts are rows; nothing here is ever rewritten except the moved cursors and statuses. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `CREATE TABLE hosts (
    id text PRIMARY KEY,
    name text NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE rooms (
    id text PRIMARY KEY,
    host_id text NOT NULL REFERENCES hosts,
    title text NOT NULL,
    live_url text,
    partition int NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE sessions (
    id text PRIMARY KEY,
    room_id text NOT NULL REFERENCES rooms,
    epoch int NOT NULL,
    session_ref text,
    title text NOT NULL,
    host_id text NOT NULL,
    host_name text NOT NULL,
    category text,
    licences text[] NOT NULL DEFAULT '{}',
    live_url text,
    partition int NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    end_reason text,
    last_seq int NOT NULL DEFAULT 0,
    last_event_at timestamptz,
    last_speech_at timestamptz,
    viewers int,
    demo boolean NOT NULL DEFAULT false,
    rev int NOT NULL DEFAULT 0,
    UNIQUE (room_id, epoch)
  ) WITH (fillfactor = 70)`,
  // One live broadcast a room: a second one ends the first before it may begin.
  `CREATE UNIQUE INDEX sessions_live ON sessions (room_id) WHERE ended_at IS NULL`,
  `CREATE INDEX sessions_started ON sessions (started_at DESC, id DESC)`,
  `CREATE INDEX sessions_host ON sessions (host_id) WHERE ended_at IS NULL`,
  // The worker's side of a session; apart from \`sessions\`, so that ingest and analysis never wait for one row.
  `CREATE TABLE session_cursors (
    session_id text PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    partition int NOT NULL,
    processed_seq int NOT NULL DEFAULT 0,
    snapshot_seq int NOT NULL DEFAULT 0,
    snapshot_version int NOT NULL DEFAULT 0,
    snapshot jsonb,
    snapshot_at timestamptz,
    settled boolean NOT NULL DEFAULT false
  ) WITH (fillfactor = 70)`,
  `CREATE INDEX session_cursors_unsettled ON session_cursors (partition) WHERE NOT settled`,
  `CREATE TABLE session_packs (
    session_id text NOT NULL REFERENCES sessions ON DELETE CASCADE,
    from_seq int NOT NULL,
    pack_hash text NOT NULL,
    PRIMARY KEY (session_id, from_seq)
  )`,
  `CREATE TABLE events (
    session_id text NOT NULL,
    seq int NOT NULL,
    channel text NOT NULL,
    at_ms bigint NOT NULL,
    body jsonb NOT NULL,
    hash bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, seq)
  )`,
  `CREATE TABLE coverage_gaps (
    session_id text NOT NULL,
    from_seq int NOT NULL,
    to_seq int NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, from_seq, reason)
  )`,
  `CREATE TABLE dead_letters (
    session_id text NOT NULL,
    seq int NOT NULL,
    error text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, seq)
  )`,
  `CREATE TABLE partition_leases (
    partition int PRIMARY KEY,
    holder text NOT NULL,
    fence bigint NOT NULL,
    expires_at timestamptz NOT NULL
  )`,
  `CREATE TABLE cases (
    id text PRIMARY KEY,
    number int GENERATED ALWAYS AS IDENTITY UNIQUE,
    session_id text NOT NULL REFERENCES sessions,
    room_id text NOT NULL REFERENCES rooms,
    host_id text NOT NULL REFERENCES hosts,
    anchor_seq int NOT NULL,
    status text NOT NULL DEFAULT 'open',
    severity int NOT NULL,
    claimed_by text,
    claimed_until timestamptz,
    opened_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by text,
    resolved_by_name text,
    decision text,
    dismiss_reason text,
    note text NOT NULL DEFAULT '',
    follows text REFERENCES cases,
    demo boolean NOT NULL DEFAULT false,
    rev int NOT NULL DEFAULT 0
  )`,
  `CREATE INDEX cases_session_anchor ON cases (session_id, anchor_seq, opened_at DESC)`,
  `CREATE INDEX cases_open ON cases (opened_at DESC) WHERE status <> 'resolved'`,
  `CREATE INDEX cases_opened ON cases (opened_at DESC, id DESC)`,
  `CREATE INDEX cases_room ON cases (room_id, opened_at DESC)`,
  `CREATE TABLE alerts (
    id text PRIMARY KEY,
    session_id text NOT NULL REFERENCES sessions,
    room_id text NOT NULL,
    host_id text NOT NULL,
    case_id text NOT NULL REFERENCES cases,
    code text NOT NULL,
    label text NOT NULL,
    severity int NOT NULL,
    state text NOT NULL DEFAULT 'open',
    seed jsonb NOT NULL,
    viewers int,
    opened_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    demo boolean NOT NULL DEFAULT false,
    rev int NOT NULL DEFAULT 0
  )`,
  `CREATE INDEX alerts_session ON alerts (session_id, opened_at)`,
  `CREATE INDEX alerts_case ON alerts (case_id)`,
  `CREATE INDEX alerts_room ON alerts (room_id, opened_at DESC)`,
  `CREATE INDEX alerts_open ON alerts (severity DESC, opened_at) WHERE state = 'open'`,
  `CREATE INDEX alerts_opened ON alerts (opened_at DESC, id DESC)`,
  `CREATE TABLE findings (
    session_id text NOT NULL,
    seq int NOT NULL,
    code text NOT NULL,
    rule_id text NOT NULL,
    span_start int NOT NULL,
    alert_id text,
    finding jsonb NOT NULL,
    -- seq of the event that corrected the words away; the finding stays, but nothing rests on it any more.
    withdrawn_by int,
    PRIMARY KEY (session_id, seq, code, rule_id, span_start)
  )`,
  `CREATE INDEX findings_alert ON findings (alert_id) WHERE alert_id IS NOT NULL`,
  `CREATE TABLE enforcements (
    id text PRIMARY KEY,
    action text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    room_id text,
    session_id text,
    host_id text,
    host_name text,
    room_title text,
    case_id text REFERENCES cases,
    codes text[] NOT NULL DEFAULT '{}',
    status text NOT NULL,
    reason text NOT NULL,
    notice text NOT NULL,
    evidence jsonb NOT NULL,
    grounds jsonb NOT NULL,
    actor jsonb NOT NULL,
    actor_id text NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    received_at timestamptz,
    effective_at timestamptz,
    ended_at timestamptz,
    reverses text REFERENCES enforcements,
    reversed_by text REFERENCES enforcements,
    audit_seq bigint NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    rev int NOT NULL DEFAULT 0,
    UNIQUE (actor_id, idempotency_key)
  )`,
  `CREATE INDEX enforcements_issued ON enforcements (issued_at DESC, id DESC)`,
  `CREATE INDEX enforcements_host ON enforcements (host_id, issued_at DESC)`,
  `CREATE INDEX enforcements_room ON enforcements (room_id, issued_at DESC)`,
  `CREATE INDEX enforcements_running ON enforcements (until) WHERE ended_at IS NULL AND until IS NOT NULL`,
  `CREATE INDEX enforcements_room_running ON enforcements (room_id) WHERE ended_at IS NULL`,
  `CREATE INDEX enforcements_subject_running ON enforcements (subject_kind, subject_id) WHERE ended_at IS NULL`,
  `CREATE INDEX enforcements_unconfirmed ON enforcements (issued_at) WHERE status = 'issued'`,
  `CREATE TABLE strikes (
    enforcement_id text PRIMARY KEY REFERENCES enforcements ON DELETE CASCADE,
    host_id text NOT NULL,
    weight int NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    struck_out_by text REFERENCES enforcements
  )`,
  `CREATE INDEX strikes_host ON strikes (host_id, expires_at)`,
  // Answers of decisions that leave no enforcement (a dismissal), kept by idempotency key.
  `CREATE TABLE command_results (
    actor_id text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    result jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor_id, idempotency_key)
  )`,
  `CREATE TABLE audit_log (
    seq bigint PRIMARY KEY,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    kind text NOT NULL,
    body_jcs text NOT NULL,
    at timestamptz NOT NULL
  )`,
  // The chain's tip. Locking this one row is what puts decisions in one order.
  `CREATE TABLE audit_head (single boolean PRIMARY KEY DEFAULT true CHECK (single), seq bigint NOT NULL, hash text NOT NULL)`,
  `INSERT INTO audit_head (seq, hash) VALUES (0, repeat('0', 64))`,
  `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$`,
  `CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log EXECUTE FUNCTION refuse_change()`,
  // What consoles are pushed. \`stream_seq\` is given by the relay, in commit order (see store/console-log.ts).
  `CREATE TABLE console_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    room_id text,
    fact jsonb NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    stream_seq bigint UNIQUE
  )`,
  `CREATE INDEX console_log_unsequenced ON console_log (id) WHERE stream_seq IS NULL`,
  `CREATE TABLE console_head (single boolean PRIMARY KEY DEFAULT true CHECK (single), seq bigint NOT NULL, floor bigint NOT NULL)`,
  `INSERT INTO console_head (seq, floor) VALUES (0, 0)`,
  `CREATE TABLE people (
    id text PRIMARY KEY,
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE TABLE login_sessions (
    token_hash text PRIMARY KEY,
    person_id text NOT NULL REFERENCES people ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE INDEX login_sessions_person ON login_sessions (person_id)`,
  `CREATE TABLE room_keys (
    id text PRIMARY KEY,
    key_hash text NOT NULL UNIQUE,
    name text NOT NULL,
    rooms text[],
    demo boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
  )`,
  `CREATE TABLE rule_packs (
    hash text PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    sources jsonb NOT NULL,
    rules int NOT NULL,
    -- 'seed': shipped with the software, replaced by a newer release; 'published': by a person, stays.
    origin text NOT NULL,
    active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
  )`,
  `CREATE UNIQUE INDEX rule_packs_active ON rule_packs (active) WHERE active`,
]
