/**
 * Imported first by `main.ts`, before any schema exists: zod's fast path calls `new Function`,
 * which the page's content security policy forbids.
 */
import { z } from 'zod'

z.config({ jitless: true })
