import { describe, expect, it } from 'vitest'
import { categories } from '../../src/contracts/category.ts'
import { actions, enforcementStatuses } from '../../src/contracts/enforcement.ts'
import { errorCodes } from '../../src/contracts/errors.ts'
import { en } from '../../web/src/lib/en.ts'
import { commandIds } from '../../web/src/lib/key-catalogue.ts'
import { zh } from '../../web/src/lib/zh.ts'

function leaves(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    const here = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') found.set(here, value)
    else if (typeof value === 'object' && value !== null) for (const [k, v] of leaves(value, here)) found.set(k, v)
  }
  return found
}
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()

describe('languages', () => {
  const chinese = leaves(zh)
  const english = leaves(en)

  it('have the same texts, none of them empty', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
    for (const text of [...chinese.values(), ...english.values()]) expect(text.trim()).not.toBe('')
  })

  it('fill in the same things', () => {
    for (const [key, text] of chinese) {
      expect(placeholders(english.get(key) ?? ''), key).toEqual(placeholders(text))
    }
  })

  it('leave no Chinese in the English texts', () => {
    for (const [key, text] of english) expect(/\p{Script=Han}/u.test(text), key).toBe(false)
  })

  it('name every command, error, category, measure and status', () => {
    for (const id of commandIds) expect(chinese.has(`command.${id}`), id).toBe(true)
    for (const code of errorCodes) expect(chinese.has(`error.code.${code}`), code).toBe(true)
    for (const category of categories) expect(chinese.has(`category.${category}`), category).toBe(true)
    for (const action of actions) expect(chinese.has(`action.${action}`), action).toBe(true)
    for (const status of enforcementStatuses) expect(chinese.has(`enforcementStatus.${status}`), status).toBe(true)
  })
})
