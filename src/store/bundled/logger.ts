/** Where the bundled server reports what a person should know; pino's logger is one. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
