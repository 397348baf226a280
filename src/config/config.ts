import { z } from 'zod'

/** What the service is told from outside, read once at start. */
export type Config = {
  role: Role
  host: string
  port: number
  dataDir: string
  /** Null: the queue lives in Postgres. */
  redisUrl: string | null
  partitions: number
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** Origins a browser may come from besides the service's own, such as `https://console.example.com`. */
  publicOrigins: readonly string[]
  /** Proxies whose `X-Forwarded-For` is believed, as CIDR blocks. */
  trustProxy: readonly string[]
  /** Whether demo rooms play: of themselves only into the bundled database, never unasked into somebody's own. */
  demo: boolean
}

/** Values that are never logged. Without a `databaseUrl` the bundled Postgres is started. */
export type Secrets = { databaseUrl: string | null }

export const roles = ['all', 'gateway', 'worker'] as const
export type Role = (typeof roles)[number]

/** What is wrong with the settings, all of it at once. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The settings do not fit:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

function urlOf(...protocols: string[]) {
  return z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      error: `must begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    })
    .optional()
}

function listOf(item: z.ZodType<string, string>) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item))
}

/** Every setting, declared once. An empty variable counts as unset. */
const environmentSchema = z.object({
  DATABASE_URL: urlOf('postgres:', 'postgresql:'),
  REDIS_URL: urlOf('redis:', 'rediss:'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_000),
  DATA_DIR: z.string().default('data'),
  PARTITIONS: z.coerce.number().int().min(1).max(1_024).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  PUBLIC_ORIGINS: listOf(
    z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
      error: 'each must be an origin such as https://console.example.com, without a path',
    }),
  ),
  TRUST_PROXY: listOf(
    z.string().regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, {
      error: 'each must be an address or a CIDR block such as 10.0.0.0/8; a hop count is not safe',
    }),
  ),
})

export type Environment = Readonly<Record<string, string | undefined>>
export type Flags = { role?: string; demo?: boolean; port?: string; host?: string }

/** Environment and command-line flags as one frozen Config. Throws ConfigError with every problem. */
export function readConfig(environment: Environment, flags: Flags = {}): { config: Config; secrets: Secrets } {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  if (flags.port !== undefined) given['PORT'] = flags.port
  if (flags.host !== undefined) given['HOST'] = flags.host
  const parsed = environmentSchema.safeParse(given)
  const role = roles.find((known) => known === (flags.role ?? 'all'))
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  if (!role) problems.push(`--role: ${JSON.stringify(flags.role)} is unknown; known: ${roles.join(', ')}`)
  if (flags.demo === true && role !== undefined && role !== 'all') {
    problems.push(`--demo: demo rooms play only where everything runs in one process, not with --role ${role}`)
  }
  if (!parsed.success || !role || problems.length > 0) throw new ConfigError(problems)
  const settings = parsed.data
  if (role !== 'all') {
    const missing = [settings.DATABASE_URL ? null : 'DATABASE_URL', settings.REDIS_URL ? null : 'REDIS_URL'].filter(
      (name) => name !== null,
    )
    if (missing.length > 0) {
      throw new ConfigError([
        `--role ${role}: several processes meet in one Postgres and one Redis; set ${missing.join(' and ')}, or leave --role out to run everything in one process`,
      ])
    }
  }
  return {
    config: Object.freeze({
      role,
      host: settings.HOST,
      port: settings.PORT,
      dataDir: settings.DATA_DIR,
      redisUrl: settings.REDIS_URL ?? null,
      partitions: settings.PARTITIONS ?? (settings.REDIS_URL ? 64 : 4),
      logLevel: settings.LOG_LEVEL,
      publicOrigins: settings.PUBLIC_ORIGINS,
      trustProxy: settings.TRUST_PROXY,
      demo: role === 'all' && (flags.demo ?? settings.DATABASE_URL === undefined),
    }),
    secrets: Object.freeze({
      databaseUrl: settings.DATABASE_URL ?? null,
    }),
  }
}
