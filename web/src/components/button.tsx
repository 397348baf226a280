import type { ButtonHTMLAttributes, ReactNode } from 'react'
import styles from './button.module.css'

type Props = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'children'> & {
  tone?: 'plain' | 'primary' | 'quiet' | 'danger'
  small?: boolean
  /** Why it cannot be pressed: it stays reachable, and says so. */
  refusal?: string | null
  /** Keys that do the same, for the tooltip. */
  keys?: string
  children: ReactNode
}

/** A button. A refused one keeps its place and focus and tells the reason. */
export function Button({
  tone = 'plain',
  small = false,
  refusal = null,
  keys,
  title,
  onClick,
  children,
  ...rest
}: Props) {
  const hint = [refusal ?? title, keys].filter(Boolean).join(' · ')
  return (
    <button
      type="button"
      {...rest}
      className={styles.button}
      data-tone={tone}
      data-small={small || undefined}
      aria-disabled={refusal !== null || undefined}
      title={hint === '' ? undefined : hint}
      onClick={(event) => {
        if (refusal === null) onClick?.(event)
        else event.preventDefault()
      }}
    >
      {children}
    </button>
  )
}
