import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'
import { readSetting, writeSetting } from './settings.ts'
import { zh } from './zh.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof zh }
    returnNull: false
  }
}

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

/** Prepares texts before anything is drawn: `?lang=` wins, then what was chosen last, then Chinese. */
export function startI18n(): void {
  const asked = new URLSearchParams(window.location.search).get('lang')
  const stored = readSetting('language')
  const language = [asked, stored].find((value): value is Language => languages.some((known) => known === value))
  void i18next.use(initReactI18next).init({
    resources: { 'zh-CN': { translation: zh }, en: { translation: en } },
    lng: language ?? 'zh-CN',
    fallbackLng: 'zh-CN',
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  })
  document.documentElement.lang = i18next.language
}

/** Changes the language for this browser. */
export function setLanguage(language: Language): void {
  writeSetting('language', language)
  void i18next.changeLanguage(language)
  document.documentElement.lang = language
}
