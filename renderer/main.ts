import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { pageTransport } from './client/transport'
import { useConnection } from './stores/connection'
/** The renderer's entry: compose, nothing else. */
import './client/configureZod'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'

// Before anything else, so that a port handed over early is not missed.
const transport = pageTransport()
const app = createApp(App)
app.use(createPinia())
const connection = useConnection()
app.config.errorHandler = (error) => {
  console.error(error)
  connection.report(error)
}
app.mount('#app')
connection.start(transport)
