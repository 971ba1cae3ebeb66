/** Hands a text to the user as a file, as a browser's download does; Electron asks where to. */
export function saveText(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name.replace(/[^\p{L}\p{N}._-]+/gu, '-') })
  link.click()
  // Not at once: the download reads it after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
