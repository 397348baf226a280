// `npm run corpus:check`: the corpus fits its schema, no scene is in two splits, no item repeats another, and the balance
// is what docs say. Prints a table; exits 1 and names the lines otherwise.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../corpora', import.meta.url))
const splits = ['train', 'dev', 'test']
const labels = ['efficacy', 'spec', 'blindbox', 'clean']
const difficulties = ['plain', 'paraphrase', 'evasion', 'asr', 'hard', 'split', 'hardneg', 'easy']
/** Two texts that share this much of their character bigrams are one text written twice. */
const sameText = 0.6

const problems = []
const items = splits.flatMap(readItems)
const rooms = splits.flatMap(readRooms)
checkScenes()
checkRepeats()
checkBalance()
printTable()
for (const problem of problems.slice(0, 50)) console.error(problem)
if (problems.length > 0) {
  console.error(`${problems.length} problems`)
  process.exit(1)
}

function readItems(split) {
  const file = join(folder, split, 'items.ndjson')
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line, index) => {
      const item = JSON.parse(line)
      const where = `corpora/${split}/items.ndjson:${index + 1}`
      if (!labels.includes(item.label)) problems.push(`${where}: label ${item.label}`)
      if (!difficulties.includes(item.difficulty)) problems.push(`${where}: difficulty ${item.difficulty}`)
      if (!['speech', 'chat'].includes(item.channel)) problems.push(`${where}: channel ${item.channel}`)
      if (typeof item.text !== 'string' || item.text.length < 2) problems.push(`${where}: text`)
      if (typeof item.reason !== 'string' || item.reason === '') problems.push(`${where}: an item says why`)
      return { ...item, split, where }
    })
}

function readRooms(split) {
  const place = join(folder, split, 'rooms')
  return readdirSync(place)
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => {
      const lines = readFileSync(join(place, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      const truth = JSON.parse(readFileSync(join(place, name.replace('.ndjson', '.truth.json')), 'utf8'))
      let seq = 0
      for (const event of lines.slice(1)) {
        if (event.seq !== seq + 1) problems.push(`corpora/${split}/rooms/${name}: seq ${event.seq} after ${seq}`)
        seq = event.seq
      }
      for (const { complete_seq: at } of truth) {
        if (!(at >= 1 && at <= seq)) problems.push(`corpora/${split}/rooms/${name}: the truth names event ${at}`)
      }
      return { split, name, events: seq, episodes: truth.length }
    })
}

function checkScenes() {
  const home = new Map()
  for (const { scene, split, where } of items) {
    const first = home.get(scene) ?? split
    if (first !== split) problems.push(`${where}: scene ${scene} is in ${first} too`)
    home.set(scene, first)
  }
  const ids = new Set()
  for (const { id, where } of items) {
    if (ids.has(id)) problems.push(`${where}: id ${id} twice`)
    ids.add(id)
  }
}

function checkRepeats() {
  const seen = new Map()
  const grams = items.map(({ text }) => bigrams(text))
  items.forEach((item, index) => {
    const shared = new Map()
    for (const gram of grams[index])
      for (const other of seen.get(gram) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1)
    for (const [other, count] of shared) {
      const union = grams[index].size + grams[other].size - count
      if (count / union >= sameText) problems.push(`${item.where}: repeats ${items[other].where}: ${item.text}`)
    }
    for (const gram of grams[index]) {
      const list = seen.get(gram)
      if (list) list.push(index)
      else seen.set(gram, [index])
    }
  })
}

function bigrams(text) {
  const grams = new Set()
  for (let at = 0; at + 1 < text.length; at += 1) grams.add(text.slice(at, at + 2))
  return grams
}

function checkBalance() {
  const hardNegatives = items.filter(({ difficulty }) => difficulty === 'hardneg').length
  const violations = items.filter(({ label }) => label !== 'clean').length / items.length
  if (items.length < 8_000) problems.push(`${items.length} items; 8,000 are wanted`)
  if (rooms.length < 80) problems.push(`${rooms.length} rooms; 80 are wanted`)
  if (hardNegatives < 2_500) problems.push(`${hardNegatives} hard negatives; 2,500 are wanted`)
  if (violations < 0.4 || violations > 0.55)
    problems.push(`${(violations * 100).toFixed(0)} % violations; about 45 % are wanted`)
}

function printTable() {
  const count = (split, key, value) => items.filter((item) => item.split === split && item[key] === value).length
  const rows = [
    ['', ...splits, 'all'],
    ['items', ...splits.map((split) => items.filter((item) => item.split === split).length), items.length],
    ...labels.map((label) => row(label, 'label', label)),
    ...difficulties.map((difficulty) => row(difficulty, 'difficulty', difficulty)),
    [
      'scenes',
      ...splits.map((split) => new Set(items.filter((item) => item.split === split).map((item) => item.scene)).size),
      new Set(items.map((item) => item.scene)).size,
    ],
    ['rooms', ...splits.map((split) => rooms.filter((room) => room.split === split).length), rooms.length],
    [
      'episodes',
      ...splits.map((split) =>
        rooms.filter((room) => room.split === split).reduce((sum, room) => sum + room.episodes, 0),
      ),
      rooms.reduce((sum, room) => sum + room.episodes, 0),
    ],
  ]
  for (const [name, ...cells] of rows)
    console.log(name.padEnd(12) + cells.map((cell) => String(cell).padStart(8)).join(''))

  function row(name, key, value) {
    const cells = splits.map((split) => count(split, key, value))
    return [name, ...cells, cells.reduce((sum, cell) => sum + cell, 0)]
  }
}
