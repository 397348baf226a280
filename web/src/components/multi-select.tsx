import { useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'
import styles from './multi-select.module.css'

export type Choice<T extends string> = { value: T; label: string; group?: string }

/** A filter: a button that names what is chosen, and a list of checkboxes under it. */
export function MultiSelect<T extends string>({
  label,
  choices,
  chosen,
  onChange,
  onOpen,
}: {
  label: string
  choices: readonly Choice<T>[]
  chosen: readonly T[]
  onChange: (next: T[]) => void
  onOpen?: (open: boolean) => void
}) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const panelId = useId()

  const change = (next: boolean) => {
    setOpen(next)
    onOpen?.(next)
  }

  useEffect(() => {
    if (!open) return undefined
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) {
        setOpen(false)
        onOpen?.(false)
      }
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open, onOpen])

  const first = choices.find((choice) => choice.value === chosen[0])
  const text =
    chosen.length === 0 || first === undefined
      ? label
      : chosen.length === 1
        ? first.label
        : t('select.chosen', { name: label, count: chosen.length })
  const groups = [...new Set(choices.map((choice) => choice.group))]
  return (
    <div
      ref={root}
      className={styles.root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        event.stopPropagation()
        change(false)
        button.current?.focus()
      }}
    >
      <button
        ref={button}
        type="button"
        className={styles.button}
        data-chosen={chosen.length > 0 || undefined}
        aria-expanded={open}
        aria-controls={panelId}
        aria-label={chosen.length === 0 ? label : `${label}：${text}`}
        onClick={() => change(!open)}
      >
        <span className={styles.label}>{text}</span>
        <Icon name="chevron" size={12} />
      </button>
      {open && (
        <div id={panelId} className={styles.panel} role="group" aria-label={label}>
          {groups.map((group) => (
            <div key={group ?? ''} role="presentation">
              {group !== undefined && <p className={styles.group}>{group}</p>}
              {choices
                .filter((choice) => choice.group === group)
                .map((choice) => (
                  <label key={choice.value} className={styles.option}>
                    <input
                      type="checkbox"
                      checked={chosen.includes(choice.value)}
                      onChange={(event) =>
                        onChange(
                          event.target.checked
                            ? [...chosen, choice.value]
                            : chosen.filter((value) => value !== choice.value),
                        )
                      }
                    />
                    <span>{choice.label}</span>
                  </label>
                ))}
            </div>
          ))}
        </div>
      )}
    </div>
  )
}
