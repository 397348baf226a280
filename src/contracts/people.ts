import { z } from 'zod'

/** What a person may be. Room keys are machines and have no role. */
export const roles = ['moderator', 'lead', 'engineer', 'operator', 'auditor'] as const
export const roleSchema = z.enum(roles)
export type Role = z.infer<typeof roleSchema>

/** Everything a person can be allowed to do; `access/permissions.ts` says who may, and which route or event needs it. */
export const permissions = [
  'feed.read',
  'room.read',
  'case.act',
  'case.take_over',
  'enforcement.issue',
  'enforcement.ban',
  'enforcement.lift',
  'history.read',
  'rules.read',
  'rules.try',
  'rules.publish',
  'audit.read',
  'people.manage',
  'keys.manage',
  'health.read',
] as const
export const permissionSchema = z.enum(permissions)
export type Permission = z.infer<typeof permissionSchema>

export const personSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  role: roleSchema,
  disabled: z.boolean(),
  /** A seeded demo account: exempt from the second factor, and the header says so. */
  demo: z.boolean(),
})
export type Person = z.infer<typeof personSchema>

/** Who did something: a person, a rule of the ladder, or the service itself (a measure that ran out). */
export const actorSchema = z.object({
  kind: z.enum(['person', 'ladder', 'service']),
  id: z.string(),
  name: z.string(),
  role: z.string(),
})
export type Actor = z.infer<typeof actorSchema>

export const loginSchema = z.strictObject({
  login: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
})

/** What the console learns of its own user. */
export const meSchema = z.object({
  person: personSchema,
  permissions: z.array(permissionSchema),
  serverTime: z.iso.datetime(),
  demoRunning: z.boolean(),
  version: z.string(),
})
export type Me = z.infer<typeof meSchema>
