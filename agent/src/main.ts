/** The command `skycrane-agent`. */
import { readFileSync } from 'node:fs'
import { startAgent } from './agent.ts'
import { createLog, messageOf } from './log.ts'
import { type AgentOptions, parseOptions, USAGE } from './options.ts'

function optionsOrUsage(): AgentOptions {
  try {
    return parseOptions({
      argv: process.argv.slice(2),
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    })
  } catch (error) {
    console.error(`skycrane-agent: ${messageOf(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const options = optionsOrUsage()
const log = createLog(options.logLevel)
const agent = await startAgent(options, log).catch((error: unknown) => {
  log.fatal({ error: messageOf(error) }, 'the agent could not start')
  process.exit(1)
})

const stop = async () => {
  // What does not let go within this time is let go of: Pods stay as they are either way.
  const IMPATIENCE_MS = 5000
  setTimeout(() => process.exit(0), IMPATIENCE_MS).unref()
  await agent.stop()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
