// `npm run check:docs`: every relative link of every Markdown page leads somewhere, in this checkout.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((page) => page !== '' && existsSync(join(root, page)))

const broken = []
for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '')
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|mailto:|#)/.test(target)) continue
    const path = decodeURIComponent(target.split('#')[0])
    if (!existsSync(join(root, dirname(page), path))) broken.push(`${page}: ${target}`)
  }
}
if (broken.length > 0) {
  console.error(`Links that lead nowhere:\n${broken.map((line) => `  ${line}`).join('\n')}`)
  process.exit(1)
}
