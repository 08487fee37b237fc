/** What holds whatever is asked: an answer is no fault of ours, and whatever changed is in the log. */
import { expect } from 'vitest'
import { type Answer, type Client, type Json, settled } from './client.ts'

/** That an answer is what was asked for, or a Status. */
export function expectSound({ code, headers, body, text: shown }: Answer, asked: string): void {
  expect(code, `${asked}: ${shown}`).toBeLessThan(500)
  if (code < 400 || shown === '') return
  expect(headers.get('content-type'), asked).toMatch(/json|yaml|text\/plain/)
  if (body !== undefined) expect(body, asked).toMatchObject({ kind: 'Status', status: 'Failure', code })
}

/** All that the cluster has, by kind and name, with its version. */
export async function everything(client: Client): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { path, items } of await Promise.all((await listPaths(client)).map((path) => listed(client, path))))
    for (const { metadata } of items)
      found.set(`${path} ${metadata.namespace ?? ''}/${metadata.name}`, metadata.resourceVersion)
  return found
}

const listed = async (client: Client, path: string): Promise<{ path: string; items: Json[] }> => ({
  path,
  items: (await client.get(path)).items,
})

async function listPaths(client: Client): Promise<string[]> {
  const groups: Json[] = (await client.get('/apis')).groups
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const lists = await Promise.all(roots.map(async (root) => ({ root, resources: (await client.get(root)).resources })))
  return lists.flatMap(({ root, resources }) =>
    resources
      // What is told and not kept can't be watched.
      .filter(({ verbs, name }: Json) => verbs.includes('watch') && !name.includes('/'))
      .map(({ name }: Json) => `${root}/${name}`),
  )
}

/** What was there, with what a watch tells of since, is what is there. */
export async function expectLogged(client: Client, before: ReadonlyMap<string, string>, since: string): Promise<void> {
  await settled(client)
  const after = await everything(client)
  const told = new Map(before)
  const note = (path: string, line: string): void => {
    const { type, object } = JSON.parse(line)
    if (type === 'BOOKMARK') return
    const id = `${path} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
    if (type === 'DELETED') told.delete(id)
    else told.set(id, object.metadata.resourceVersion)
  }
  const watched = async (path: string): Promise<void> => {
    const { text: frames } = await client.ask(`${path}?watch=true&resourceVersion=${since}&timeoutSeconds=1`)
    for (const line of frames.split('\n')) if (line !== '') note(path, line)
  }
  await Promise.all((await listPaths(client)).map(watched))
  expect([...told].sort()).toEqual([...after].sort())
}
