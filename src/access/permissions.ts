import type { ConsoleUpType } from '../contracts/console-wire.ts'
import type { Permission, Role } from '../contracts/people.ts'

/**
 * Who may do what. What is not listed here is refused; routes name their permission in `contracts/routes.ts`, console
 * events theirs below. An engineer sees rooms and rules only; an auditor reads everything and acts on nothing; an operator
 * looks after people, keys and health and takes no measures.
 */
export const permissionsByRole: Readonly<Record<Role, readonly Permission[]>> = {
  moderator: [
    'feed.read',
    'room.read',
    'case.act',
    'enforcement.issue',
    'enforcement.lift',
    'history.read',
    'rules.read',
    'rules.try',
  ],
  lead: [
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
  ],
  engineer: ['room.read', 'rules.read'],
  operator: ['feed.read', 'room.read', 'people.manage', 'keys.manage', 'health.read'],
  auditor: ['feed.read', 'room.read', 'history.read', 'rules.read', 'audit.read', 'health.read'],
}

/** What each console event needs. An event of the wire without a line here does not compile. */
export const permissionByEvent: Readonly<Record<ConsoleUpType, Permission>> = {
  since: 'feed.read',
  'room.watch': 'room.read',
  'room.unwatch': 'room.read',
  'case.claim': 'case.act',
  'case.release': 'case.act',
  'case.dismiss': 'case.act',
  'enforcement.issue': 'enforcement.issue',
  'enforcement.lift': 'enforcement.lift',
}
