import { useEffect, useEffectEvent, useRef } from 'react'
import { onTick, serverNow } from '../lib/clock.ts'

/** A text that changes with time. One shared clock writes it; React renders nothing. */
export function Tick({ text, className }: { text: (now: number) => string; className?: string | undefined }) {
  const element = useRef<HTMLSpanElement>(null)
  const write = useEffectEvent(() => {
    const node = element.current
    if (node === null) return
    const next = text(serverNow())
    if (node.textContent !== next) node.textContent = next
  })
  useEffect(() => {
    write()
  })
  useEffect(() => onTick(() => write()), [])
  return <span ref={element} className={className} />
}

/** What is left until a deadline; the element carries `data-due` (`ok`, `soon`, `over`) for its colour. */
export function Countdown({
  dueAt,
  totalSeconds,
  text,
  className,
}: {
  dueAt: string
  totalSeconds: number
  text: (leftMs: number) => string
  className?: string | undefined
}) {
  const element = useRef<HTMLSpanElement>(null)
  const write = useEffectEvent(() => {
    const node = element.current
    if (node === null) return
    const left = Date.parse(dueAt) - serverNow()
    const next = text(left)
    if (node.textContent !== next) node.textContent = next
    const due = left <= 0 ? 'over' : left < totalSeconds * 250 ? 'soon' : 'ok'
    if (node.dataset['due'] !== due) node.dataset['due'] = due
  })
  useEffect(() => {
    write()
  })
  useEffect(() => onTick(() => write()), [])
  return <span ref={element} className={className} />
}
