/** The streams under the name the engine knows them by. */
export type { Field, Stream } from '../lib/random'
export { randomField, randomStream } from '../lib/random'
