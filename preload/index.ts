/** Hands the page one end of a port whose other end the host holds, and nothing else: no API, no globals. */
import { ipcRenderer } from 'electron'
import { PORT_MESSAGE } from './contract/transport'

// Then the page's modules have run and listen. Every load, a reload too, gets a port of its own.
window.addEventListener('DOMContentLoaded', () => {
  const { port1, port2 } = new MessageChannel()
  ipcRenderer.postMessage(PORT_MESSAGE, undefined, [port1])
  window.postMessage(PORT_MESSAGE, window.location.origin, [port2])
}, { once: true })
