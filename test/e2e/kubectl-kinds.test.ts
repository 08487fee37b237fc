/**
 * A manifest of every served kind through all that kubectl does with manifests, kubectl 1.20's and today's, on clusters made
 * for it and on clusters of today. All kinds go in one command each: what is said of each is looked at one by one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { builtInFor } from '../../src/kube/registry.ts'
import { apiVersionOf } from '../../src/kube/resource.ts'
import { hasOldKubectl } from '../old-kubectl.ts'
import { eventually } from './control-plane.ts'
import { type Kubectls, type Run, SIDES, type Side, startKubectls } from './kubectls.ts'
import { ASKED_FOR_IN_AN_OLDER_VERSION, MANIFESTS, type Manifest, OLDER_MANIFESTS } from './manifests.ts'

const TODAY: Side = {
  name: 'kubectl of today, cluster of today',
  id: 'today',
  program: 'kubectl',
  isOld: false,
  hasBetas: false,
}

/** Each command, and what it ended with. */
const COMMANDS = {
  tried: 'create --validate --dry-run=server -o name -f -',
  created: 'apply --validate -f -',
  before: 'get -o json -f -',
  unchanged: 'apply --validate -f -',
  same: 'diff -f -',
  json: 'get -o json -f -',
  yaml: 'get -o yaml -f -',
  table: 'get -f -',
  wide: 'get -o wide --show-labels -f -',
  named: 'get -o name -f -',
  described: 'describe -f -',
  patched: `patch --type=merge -p '{"metadata":{"annotations":{"patched":"yes"}}}' -f -`,
  labelled: 'label patched=yes -f -',
  edited: 'get -o yaml -f -',
  replaced: 'replace -f -',
  deleted: 'delete --wait=false -f -',
} as const

type Outcomes = Record<keyof typeof COMMANDS, Run>

const sides = [...(hasOldKubectl() ? SIDES : []), TODAY]
const manifestsOf = (side: Side): Manifest[] => [...MANIFESTS, ...(side.hasBetas ? OLDER_MANIFESTS : [])]
const outcomesOf: Record<string, Outcomes> = {}
let kubectls: Kubectls

beforeAll(async () => {
  kubectls = await startKubectls(sides)
  // kubectl waits between its requests most of the time.
  await Promise.all(sides.map(runAll))
}, 120_000)

afterAll(() => kubectls?.stop(), 30_000)

async function runAll(side: Side): Promise<void> {
  const input = { apiVersion: 'v1', kind: 'List', items: manifestsOf(side) }
  const outcomes = {} as Outcomes
  for (const [what, command] of Object.entries(COMMANDS) as [keyof Outcomes, string][]) {
    // A Pod or a Job can only be replaced with all that it was given when it was made.
    const given = what === 'replaced' ? outcomes.edited.text : input
    outcomes[what] = await kubectls.run(side, command, { input: given })
    // The forms are of one state: where a controller has written between, both are asked for again.
    if (what === 'yaml')
      await eventually('nobody writes between', async () => {
        const { text } = await kubectls.run(side, COMMANDS.json, { input })
        if (text === outcomes.json.text) return true
        outcomes.json = await kubectls.run(side, COMMANDS.json, { input })
        outcomes.yaml = await kubectls.run(side, COMMANDS.yaml, { input })
        return false
      })
  }
  await eventually('all is gone', async () => {
    const { code, text } = await kubectls.run(side, 'get --ignore-not-found -o name -f -', { input })
    return code === 0 && !text.includes('/')
  })
  outcomesOf[side.id] = outcomes
}

interface Item {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly managedFields?: unknown
  }
  readonly status?: unknown
}

/** Of an object what no controller writes, and what tells that something has been written. */
const lasting = ({ status: _, metadata: { resourceVersion: __, managedFields: ___, ...metadata }, ...rest }: Item) => ({
  ...rest,
  metadata,
})

const withoutWarnings = (text: string): string => text.replace(/^Warning: .*\n/gm, '')

/** Its name as kubectl says it: `deployment.apps/made`. */
const saidAs = (id: string, { apiVersion, kind, metadata }: Manifest): string => {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return `${kind.toLowerCase()}${group}/${metadata.name.replaceAll('@', id)}`
}

it.each([
  { what: 'today', resources: builtInFor(undefined).resources, manifests: MANIFESTS },
  { what: 'made for 1.20', resources: builtInFor('1.20').resources, manifests: [...MANIFESTS, ...OLDER_MANIFESTS] },
])('there is a manifest of every kind that a cluster of $what keeps', ({ resources, manifests }) => {
  const kept = resources.filter(({ verbs }) => verbs.includes('get') && verbs.includes('create'))
  expect(new Set(manifests.map(({ apiVersion, kind }) => `${kind} of ${apiVersion}`))).toEqual(
    new Set(kept.map((resource) => `${resource.kind} of ${apiVersionOf(resource)}`)),
  )
})

describe.each(sides)('$name', (side) => {
  const manifests = manifestsOf(side)
  let outcomes: Outcomes

  beforeAll(() => {
    outcomes = outcomesOf[side.id] as Outcomes
  })

  const itemOf = (items: readonly Item[], { apiVersion, kind, metadata }: Manifest): Item | undefined =>
    items.find(
      (item) =>
        item.kind === kind &&
        item.metadata.name === metadata.name.replaceAll('@', side.id) &&
        item.apiVersion === apiVersion,
    )

  it('has said nothing else, and ended well', () => {
    for (const what of Object.keys(COMMANDS) as (keyof Outcomes)[]) {
      if (what === 'described' && side.isOld && !side.hasBetas) continue
      expect({ what, ...outcomes[what] }).toMatchObject({ what, code: 0 })
    }
    expect(withoutWarnings(outcomes.same.text)).toBe('')
  })

  describe.each(manifests.map((manifest) => ({ manifest, name: `${manifest.kind} of ${manifest.apiVersion}` })))(
    '$name',
    ({ manifest }) => {
      const said = saidAs(side.id, manifest)
      const { metadata } = manifest
      const name = metadata.name.replaceAll('@', side.id)

      it('is made, and made again without a change', () => {
        expect(outcomes.tried.text.split('\n')).toContain(said)
        expect(outcomes.created.text.split('\n')).toContain(`${said} created`)
        // Where defaults stand within a list, kubectl sends the list, and the server finds that it is the same.
        expect(outcomes.unchanged.text).toMatch(new RegExp(`^${said} (unchanged|configured)$`, 'm'))
        const [before, after] = [outcomes.before, outcomes.json].map(({ text }) =>
          itemOf(JSON.parse(withoutWarnings(text)).items, manifest),
        )
        expect(after && lasting(after)).toEqual(before && lasting(before))
      })

      it('is got in each form', () => {
        const fromJson = itemOf(JSON.parse(withoutWarnings(outcomes.json.text)).items, manifest)
        expect(fromJson?.metadata.uid).toMatch(/^[-0-9a-f]{36}$/)
        const [document] = parseAllDocuments(withoutWarnings(outcomes.yaml.text))
        expect(itemOf(document?.toJSON().items, manifest)).toEqual(fromJson)
        expect(outcomes.named.text.split('\n')).toContain(said)
        // Events are shown without their names.
        if (manifest.kind === 'Event') return
        expect(outcomes.table.text).toMatch(new RegExp(`^${said} `, 'm'))
        expect(outcomes.wide.text).toMatch(new RegExp(`^${said} .* by=manifest`, 'm'))
      })

      it('is described', () => {
        const isUnknown = side.isOld && !side.hasBetas && ASKED_FOR_IN_AN_OLDER_VERSION.includes(manifest.kind)
        if (isUnknown) expect(outcomes.described.text).toMatch(/could not find the requested resource/)
        else expect(outcomes.described.text).toMatch(new RegExp(`^Name: +${name}$`, 'm'))
      })

      it('is patched, labelled, replaced, and deleted', () => {
        expect(outcomes.patched.text.split('\n')).toContain(`${said} patched`)
        expect(outcomes.labelled.text.split('\n')).toContain(`${said} labeled`)
        expect(outcomes.replaced.text.split('\n')).toContain(`${said} replaced`)
        expect(outcomes.deleted.text).toContain(`"${name}" deleted`)
      })
    },
  )
})

describe.each(sides)('$name', (side) => {
  const review = (kind: string, spec: object, group = 'authorization') => ({
    apiVersion: `${group}.k8s.io/v1`,
    kind,
    spec,
  })
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' }

  it.each([
    { manifest: review('SelfSubjectAccessReview', { resourceAttributes }), says: /^true$/ },
    { manifest: review('SubjectAccessReview', { resourceAttributes, user: 'nobody' }), says: /^false$/ },
    {
      manifest: {
        ...review('LocalSubjectAccessReview', {
          resourceAttributes: { ...resourceAttributes, namespace: '@' },
          user: 'me',
        }),
        metadata: { namespace: '@' },
      },
      says: /^false$/,
    },
  ])('asks by $manifest.kind', async ({ manifest, says }) => {
    const path = 'create --validate -o jsonpath={.status.allowed} -f -'
    expect(await kubectls.run(side, path, { input: manifest })).toEqual({ code: 0, text: expect.stringMatching(says) })
  })

  it('asks what may be done, whose a token is, and who it is', async () => {
    const ask = async (manifest: object, path: string) =>
      kubectls.run(side, `create --validate -o jsonpath=${path} -f -`, { input: manifest })
    expect((await ask(review('SelfSubjectRulesReview', { namespace: 'default' }), '{.status.incomplete}')).text).toBe(
      'false',
    )
    const unknown = review('TokenReview', { token: 'nonsense' }, 'authentication')
    expect((await ask(unknown, '{.status.error}')).text).not.toBe('')
    const self = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    expect((await ask(self, '{.status.userInfo.groups}')).text).toContain('system:masters')
  })
})
