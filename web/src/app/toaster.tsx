import { useToasts } from '../lib/toasts.ts'
import styles from './toaster.module.css'

/** Passing remarks, at the lower edge, over nothing that matters. */
export function Toaster() {
  const toasts = useToasts()
  return (
    <div className={styles.toaster} role="status">
      {toasts.map((item) => (
        <p key={item.id} className={styles.toast} data-tone={item.tone}>
          {item.text}
        </p>
      ))}
    </div>
  )
}
