/** What of a session is still blind: an export shows it all the same, and says so. */
import type { SessionReader } from '../reader'

export function blindNotes({ head, notes }: SessionReader): string[] {
  const unblinded = new Set(head.unblindings.map(({ mapping }) => mapping))
  return [
    ...head.mappings.filter(({ mapping }) => !unblinded.has(mapping)).map(({ mapping }) => `Mapping ${mapping} has not been unblinded: this export shows sites and shams of its trials. Keep it from whoever scores them.`),
    ...notes.ratings.filter(({ unblinded: open }) => open === undefined).map(({ raters, tiers }) => `The rating of ${tiers.join(', ')} by ${raters.join(' and ')} is still blind: this export shows what each wrote. Keep it from both.`),
  ]
}
