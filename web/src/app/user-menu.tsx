import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DemoBadge } from '../components/demo-badge.tsx'
import { Icon } from '../components/icon.tsx'
import { UserText } from '../components/user-text.tsx'
import { languages, setLanguage } from '../lib/i18n.ts'
import { commandKeys } from '../lib/key-catalogue.ts'
import { useMe } from '../lib/me-context.ts'
import { setThemeChoice, themeChoices, useThemeChoice } from '../lib/theme.ts'
import { setLettersOn, useLettersOn } from '../lib/use-command.ts'
import styles from './user-menu.module.css'

const themeNames = { system: 'themeSystem', dark: 'themeDark', light: 'themeLight' } as const
const languageNames = { 'zh-CN': '中文', en: 'English' } as const

/** Who is signed in, and the few wishes of this browser: theme, language, keys. */
export function UserMenu({ onSignOut, onHelp }: { onSignOut: () => void; onHelp: () => void }) {
  const { t, i18n } = useTranslation()
  const me = useMe()
  const theme = useThemeChoice()
  const letters = useLettersOn()
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    if (!open) return undefined
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false)
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])

  return (
    <div
      ref={root}
      className={styles.root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return
        event.preventDefault()
        setOpen(false)
        button.current?.focus()
      }}
    >
      <button
        ref={button}
        type="button"
        className={styles.button}
        aria-label={`${t('menu.user')}：${me.person.name}`}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="user" />
        <span className={styles.name}>
          <UserText text={me.person.name} />
        </span>
        <Icon name="chevron" size={12} />
      </button>
      {open && (
        <div className={styles.panel} role="group" aria-label={t('menu.user')}>
          <p className={styles.who}>
            <span>
              <UserText text={me.person.name} />
            </span>
            <span className={styles.role}>{t(`role.${me.person.role}`)}</span>
            {me.person.demo && <DemoBadge />}
          </p>
          <fieldset className={styles.group}>
            <legend>{t('menu.theme')}</legend>
            <div className={styles.segments}>
              {themeChoices.map((choice) => (
                <label key={choice} className={styles.segment} data-checked={theme === choice || undefined}>
                  <input type="radio" name="theme" checked={theme === choice} onChange={() => setThemeChoice(choice)} />
                  {t(`menu.${themeNames[choice]}`)}
                </label>
              ))}
            </div>
          </fieldset>
          <fieldset className={styles.group}>
            <legend>{t('menu.language')}</legend>
            <div className={styles.segments}>
              {languages.map((language) => (
                <label
                  key={language}
                  className={styles.segment}
                  lang={language}
                  data-checked={i18n.language === language || undefined}
                >
                  <input
                    type="radio"
                    name="language"
                    checked={i18n.language === language}
                    onChange={() => void setLanguage(language)}
                  />
                  {languageNames[language]}
                </label>
              ))}
            </div>
          </fieldset>
          <label className={styles.item}>
            <input type="checkbox" checked={letters} onChange={(event) => setLettersOn(event.target.checked)} />
            {t('menu.letters')}
          </label>
          <button
            type="button"
            className={styles.item}
            onClick={() => {
              setOpen(false)
              onHelp()
            }}
          >
            <Icon name="keyboard" />
            {t('menu.help')}
            <kbd className={styles.key}>{commandKeys('general.help')}</kbd>
          </button>
          <button type="button" className={styles.item} onClick={onSignOut}>
            <Icon name="external" />
            {t('menu.signOut')}
          </button>
          <p className={styles.version}>{t('menu.version', { version: me.version })}</p>
        </div>
      )}
    </div>
  )
}
