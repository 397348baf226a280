import { describe, expect, it } from 'vitest'
import {
  chordText,
  commandIds,
  commands,
  commandsFor,
  type Command,
  type Press,
} from '../../web/src/lib/key-catalogue.ts'

function press(code: string, change: Partial<Press> = {}): Press {
  return { code, shift: false, ctrl: false, alt: false, meta: false, composing: false, focus: 'page', ...change }
}

describe('the keyboard', () => {
  it('runs the command of every key in the catalogue', () => {
    for (const id of commandIds) {
      const command: Command = commands[id]
      for (const sequence of command.keys) {
        const last = sequence.at(-1)
        const before = sequence.length > 1 ? (sequence[0] ?? null) : null
        if (last === undefined) throw new Error(`${id} has an empty sequence`)
        const pressed = press(last.code, { shift: last.shift ?? false, ctrl: last.ctrl ?? false })
        expect(commandsFor(pressed, before).ids).toContain(id)
      }
    }
  })

  it('has one command for a key in any one place', () => {
    const seen = new Map<string, string>()
    for (const id of commandIds) {
      const command: Command = commands[id]
      for (const sequence of command.keys) {
        const text = sequence.map(chordText).join(' ')
        expect(seen.get(text), text).toBeUndefined()
        seen.set(text, id)
      }
    }
  })

  it('does nothing while an input method composes', () => {
    expect(commandsFor(press('KeyJ', { composing: true }), null).ids).toEqual([])
    expect(commandsFor(press('Enter', { ctrl: true, composing: true, focus: 'text' }), null).ids).toEqual([])
  })

  it('leaves letters to text fields, but submits from them', () => {
    expect(commandsFor(press('KeyW', { focus: 'text' }), null).ids).toEqual([])
    expect(commandsFor(press('Enter', { ctrl: true, focus: 'text' }), null).ids).toEqual(['case.submit'])
    expect(commandsFor(press('Escape', { focus: 'text' }), null).ids).toEqual(['general.back'])
  })

  it('leaves their own keys to buttons and lists', () => {
    expect(commandsFor(press('Enter', { focus: 'control' }), null).ids).toEqual([])
    expect(commandsFor(press('Space', { focus: 'control' }), null).ids).toEqual([])
    expect(commandsFor(press('KeyN', { focus: 'control' }), null).ids).toEqual(['feed.nextUnclaimed'])
    expect(commandsFor(press('KeyN', { focus: 'select' }), null).ids).toEqual([])
  })

  it('leaves shortcuts of browser and system alone', () => {
    expect(commandsFor(press('KeyW', { ctrl: true }), null).ids).toEqual([])
    expect(commandsFor(press('KeyW', { meta: true }), null).ids).toEqual([])
    expect(commandsFor(press('KeyD', { alt: true }), null).ids).toEqual([])
  })

  it('takes a sequence of two presses', () => {
    const first = commandsFor(press('KeyG'), null)
    expect(first).toEqual({ ids: [], pending: { code: 'KeyG' } })
    expect(commandsFor(press('KeyH'), first.pending).ids).toEqual(['go.history'])
    expect(commandsFor(press('KeyJ'), first.pending).ids).toEqual([])
  })

  it('can do without letters', () => {
    expect(commandsFor(press('KeyJ'), null, false).ids).toEqual([])
    expect(commandsFor(press('ArrowDown'), null, false).ids).toEqual(['feed.next'])
    expect(commandsFor(press('Enter', { ctrl: true }), null, false).ids).toEqual(['case.submit'])
  })

  it('has no key that both selects a measure and submits it', () => {
    const submits = commandsFor(press('Enter', { ctrl: true }), null).ids
    expect(submits).toEqual(['case.submit'])
    for (const code of ['KeyW', 'KeyS', 'KeyB', 'Digit1', 'Digit2', 'Digit3', 'Digit4', 'Digit5', 'Digit0']) {
      expect(commandsFor(press(code), null).ids).not.toContain('case.submit')
    }
  })
})
