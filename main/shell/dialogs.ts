/** The system's own dialogs. */
import type { BrowserWindow } from 'electron'
import type { HostFunctions } from '../../preload/contract/rpc'
import { dialog } from 'electron'

type Purpose = Parameters<HostFunctions['chooseFolder']>[0]

const TITLES: Record<Purpose, string> = {
  primary: 'Open a patient: the folder with its primary.json',
  circuit: 'Choose a circuit: the folder with its circuit.json',
  session: 'Open a session: a folder whose name ends in .session',
  dataset: 'Choose a data set: the folder with its dataset.json',
  export: 'Choose the folder to export into',
  bundle: 'Choose a bundle: a .zip that Symbiote exported',
}

/** Undefined when cancelled. */
export async function chooseFolder(window: BrowserWindow | undefined, purpose: Purpose): Promise<string | undefined> {
  const options = purpose === 'bundle'
    ? { title: TITLES[purpose], properties: ['openFile' as const], filters: [{ name: 'Bundle', extensions: ['zip'] }] }
    : { title: TITLES[purpose], properties: ['openDirectory' as const] }
  const { canceled, filePaths } = window === undefined ? await dialog.showOpenDialog(options) : await dialog.showOpenDialog(window, options)
  return canceled ? undefined : filePaths[0]
}
