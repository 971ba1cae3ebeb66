/** Names that both ends of a connection must agree on. Not the messages themselves: those are `rpc.ts` in `wire.ts`' bytes. */

/** Desktop: the window message whose single port is the connection to the host. It comes on DOMContentLoaded, when the page's modules have run. */
export const PORT_MESSAGE = 'symbiote:port'

/** Browser: the path of the WebSocket, on the origin that served the page. The cookie of that page admits it. */
export const SOCKET_PATH = '/rpc'

/** Close codes of that WebSocket which the screen should not answer by connecting again. */
export const CLOSED_REPLACED = 4001
export const CLOSED_STOPPING = 4002

/** Largest message either side accepts, bytes. A trial over 4,096 items with all its activations is under 8 MB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
