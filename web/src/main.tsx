// zod must know before any schema is made that the content policy forbids generated code.
import './lib/zod-without-eval.ts'
import './app/tokens.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { startI18n } from './lib/i18n.ts'
import { startTheme } from './lib/theme.ts'
import { startKeys } from './lib/use-command.ts'

startTheme()
startKeys()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
void startI18n().then(() => createRoot(root).render(<App />))
