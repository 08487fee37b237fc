/** The command `skycrane-agent`. */
import { readFileSync } from 'node:fs'
import { startAgent } from './agent.ts'
import { createLog, messageOf } from './log.ts'
import { type Command, parseCommand, USAGE } from './options.ts'
import { reset } from './reset.ts'

function commandOrUsage(): Command {
  try {
    return parseCommand({
      argv: process.argv.slice(2),
      env: process.env,
      readFile: (path) => readFileSync(path, 'utf8'),
    })
  } catch (error) {
    console.error(`skycrane-agent: ${messageOf(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const command = commandOrUsage()
const log = createLog(command.options.logLevel)

function fail(what: string): (error: unknown) => never {
  return (error) => {
    log.fatal({ error: messageOf(error) }, what)
    process.exit(1)
  }
}

if (command.name === 'reset') {
  await reset(command.options, log).catch(fail('the machine could not be reset'))
  process.exit(0)
}
const agent = await startAgent(command.options, log).catch(fail('the agent could not start'))

const stop = async () => {
  // What does not let go within this time is let go of: Pods stay as they are either way.
  const IMPATIENCE_MS = 5000
  setTimeout(() => process.exit(0), IMPATIENCE_MS).unref()
  await agent.stop()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
