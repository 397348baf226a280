import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
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
export async function startI18n(): Promise<void> {
  const asked = new URLSearchParams(window.location.search).get('lang')
  const stored = readSetting('language')
  const language = [asked, stored].find((value): value is Language => languages.some((known) => known === value))
  await i18next.use(initReactI18next).init({
    resources: { 'zh-CN': { translation: zh } },
    lng: 'zh-CN',
    fallbackLng: 'zh-CN',
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  if (language !== undefined && language !== 'zh-CN') await switchTo(language)
  document.documentElement.lang = i18next.language
}

/** Changes the language for this browser. */
export async function setLanguage(language: Language): Promise<void> {
  writeSetting('language', language)
  await switchTo(language)
  document.documentElement.lang = language
}

/** Chinese comes with the page; English is fetched by those who want it. */
async function switchTo(language: Language): Promise<void> {
  if (language === 'en' && !i18next.hasResourceBundle('en', 'translation')) {
    const { en } = await import('./en.ts')
    i18next.addResourceBundle('en', 'translation', en)
  }
  await i18next.changeLanguage(language)
}
