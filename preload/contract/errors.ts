/**
 * Errors meant for the user: what was wrong, where, and how to mend it.
 * A bug of ours is an ordinary Error; it never carries a remedy.
 */

export interface UserErrorData {
  /** Stable, for programs: `file-missing`, `site-unknown`, `disk-full` … */
  code: string
  /** One sentence saying what is wrong, naming the value and what was expected. */
  message: string
  /** One sentence saying what would mend it. */
  remedy: string
  /** File, folder or address the error is about. */
  path?: string
}

export class UserError extends Error {
  readonly code: string
  readonly remedy: string
  readonly path: string | undefined

  constructor(data: UserErrorData, options?: ErrorOptions) {
    super(data.message, options)
    this.name = 'UserError'
    this.code = data.code
    this.remedy = data.remedy
    this.path = data.path
  }

  /** One line for a terminal: path, message, remedy. */
  get line(): string {
    const where = this.path !== undefined && !this.message.includes(this.path) ? `${this.path}: ` : ''
    return `${where}${this.message} ${this.remedy}`
  }

  get data(): UserErrorData {
    return { code: this.code, message: this.message, remedy: this.remedy, ...(this.path === undefined ? {} : { path: this.path }) }
  }
}
