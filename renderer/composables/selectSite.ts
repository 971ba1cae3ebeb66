/** Selects a site from a list, in the electrode and in the network. */
import { useElectrode } from '../stores/electrode'
import { placeOf } from './scenePlaces'
import { sceneHandle } from './useScene'

export function selectSite(address: string): void {
  useElectrode().select([address])
  const place = placeOf(address)
  if (place)
    sceneHandle.value?.setSelection(place)
}
