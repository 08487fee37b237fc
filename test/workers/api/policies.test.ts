/** ValidatingAdmissionPolicies as users meet them: what is refused, in which words, and what is let through. */
import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Answer,
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  type Json,
  MERGE,
  newClient,
  PODS,
  pod,
  STRATEGIC,
  settled,
} from './client.ts'

const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const POLICIES = `${ADMISSION}/validatingadmissionpolicies`
const BINDINGS = `${ADMISSION}/validatingadmissionpolicybindings`

let client: Client

beforeAll(async () => {
  client = await newClient('policies')
})

const rule = (resources: string[], operations = ['CREATE', 'UPDATE'], rest: object = {}) => ({
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations,
  resources,
  ...rest,
})

let made = 0

interface Given {
  readonly policy: object
  readonly binding?: object
  /** One binding if nothing else is said. */
  readonly bindings?: readonly object[]
}

/** While a policy and its bindings stand: called `p1` and `p1-b0`, and so on. */
async function under({ policy, binding = {}, bindings = [binding] }: Given, work: (name: string) => Promise<void>) {
  made += 1
  const name = `p${made}`
  await client.post(POLICIES, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: policy,
  })
  for (const [at, spec] of bindings.entries())
    await client.post(BINDINGS, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: `${name}-b${at}` },
      spec: { policyName: name, validationActions: ['Deny'], ...spec },
    })
  try {
    await work(name)
  } finally {
    for (const at of bindings.keys()) await client.delete(`${BINDINGS}/${name}-b${at}`)
    await client.delete(`${POLICIES}/${name}`)
  }
}

const ofConfigMaps = (validation: object, rest: object = {}) => ({
  matchConstraints: { resourceRules: [rule(['configmaps'])] },
  validations: [validation],
  ...rest,
})

const post = (path: string, body: object, query = ''): Promise<Answer> =>
  client.ask(`${path}${query}`, { method: 'POST', body })
const keyed = (name: string, data: object) => configMap(name, { data })
const warnings = ({ headers }: Answer): string => headers.get('warning') ?? ''

const NO_BAD = { expression: "!has(object.data) || !('bad' in object.data)" }

describe('a policy', () => {
  it('refuses what does not keep it, in the words of Kubernetes', async () => {
    await under({ policy: ofConfigMaps({ ...NO_BAD, message: 'nothing bad' }) }, async (name) => {
      expect((await post(CONFIG_MAPS, keyed('good', { a: 'b' }))).code).toBe(201)
      const why = `ValidatingAdmissionPolicy '${name}' with binding '${name}-b0' denied request: nothing bad`
      expectRefusal(await post(CONFIG_MAPS, keyed('refused', { bad: 'b' })), {
        code: 422,
        reason: 'Invalid',
        message: `configmaps "refused" is forbidden: ${why}`,
        causes: [{ message: why }],
      })
    })
  })

  it('does nothing before it is bound, and nothing after it was', async () => {
    await under({ policy: ofConfigMaps(NO_BAD), bindings: [] }, async () => {
      expect((await post(CONFIG_MAPS, keyed('unbound', { bad: 'b' }))).code).toBe(201)
    })
    await under({ policy: ofConfigMaps(NO_BAD) }, async () => undefined)
    expect((await post(CONFIG_MAPS, keyed('after', { bad: 'b' }))).code).toBe(201)
  })

  it('holds when the cluster has slept, and costs no rows', async () => {
    await under({ policy: ofConfigMaps(NO_BAD) }, async () => {
      await evictDurableObject(client.world.stub)
      expect((await post(CONFIG_MAPS, keyed('slept', { bad: 'b' }))).code).toBe(422)
      await settled(client)
      const before = Number(await client.version())
      await post(CONFIG_MAPS, keyed('slept', { bad: 'b' }))
      expect(Number(await client.version())).toBe(before)
    })
  })

  it('sees updates, patches and applies with what was there before', async () => {
    const policy = ofConfigMaps({
      expression: 'request.operation == "CREATE" || object.data.a == oldObject.data.a',
      messageExpression: "'a was ' + oldObject.data.a + ' and is ' + object.data.a",
      reason: 'Forbidden',
    })
    await under({ policy }, async () => {
      const first = await client.post(CONFIG_MAPS, keyed('fixed', { a: '1' }))
      const updated = await client.ask(`${CONFIG_MAPS}/fixed`, { method: 'PUT', body: { ...first, data: { a: '2' } } })
      const patched = await client.ask(`${CONFIG_MAPS}/fixed`, {
        method: 'PATCH',
        type: MERGE,
        body: { data: { a: '2' } },
      })
      for (const answer of [updated, patched])
        expectRefusal(answer, { code: 403, reason: 'Forbidden', message: /denied request: a was 1 and is 2$/ })
      await client.patch(`${CONFIG_MAPS}/fixed`, { data: { b: '2' } })
      const applied = await client.ask(`${CONFIG_MAPS}/fixed?fieldManager=me&force=true`, {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: keyed('fixed', { a: '3' }),
      })
      expectRefusal(applied, { code: 403, reason: 'Forbidden' })
    })
  })

  it('sees deletes, of which there is no object any more', async () => {
    const policy = {
      matchConstraints: { resourceRules: [rule(['configmaps'], ['DELETE'])] },
      validations: [{ expression: "object == null && !('keep' in oldObject.metadata.?labels.orValue({}))" }],
    }
    await client.post(CONFIG_MAPS, { ...configMap('kept'), metadata: { name: 'kept', labels: { keep: '', set: 'a' } } })
    await client.post(CONFIG_MAPS, { ...configMap('let-go'), metadata: { name: 'let-go', labels: { set: 'a' } } })
    await under({ policy }, async () => {
      expect((await client.ask(`${CONFIG_MAPS}/kept`, { method: 'DELETE' })).code).toBe(422)
      const all = await client.ask(`${CONFIG_MAPS}?labelSelector=set%3Da`, { method: 'DELETE' })
      expect(all.code, all.text).toBe(422)
      await client.delete(`${CONFIG_MAPS}/let-go`)
    })
    expect((await client.ask(`${CONFIG_MAPS}/kept`)).code).toBe(200)
    await client.delete(`${CONFIG_MAPS}/kept`)
  })

  it('sees a Scale as what it is', async () => {
    const policy = {
      matchConstraints: { resourceRules: [rule(['deployments/scale'], ['UPDATE'])] },
      validations: [{ expression: 'object.kind == "Scale" && object.spec.replicas <= oldObject.spec.replicas + 2' }],
    }
    await client.post(DEPLOYMENTS, deployment('scaled'))
    await under({ policy }, async () => {
      const scaleTo = (replicas: number) =>
        client.ask(`${DEPLOYMENTS}/scaled/scale`, { method: 'PATCH', type: MERGE, body: { spec: { replicas } } })
      expectRefusal(await scaleTo(4), { code: 422, reason: 'Invalid', message: /denied request: failed expression: / })
      const within = await scaleTo(3)
      expect(within.code, within.text).toBe(200)
    })
    await client.delete(`${DEPLOYMENTS}/scaled`)
  })

  it('sees evictions and bindings as what they are, and statuses apart', async () => {
    await client.post(PODS, pod('watched'))
    const sub = (name: string, expression: string, operations = ['CREATE']) => ({
      matchConstraints: { resourceRules: [rule([`pods/${name}`], operations)] },
      validations: [{ expression, message: `no ${name}` }],
    })
    const refused = (name: string) => ({
      code: 422,
      reason: 'Invalid',
      message: new RegExp(`denied request: no ${name}$`),
    })
    await under({ policy: sub('eviction', 'object.kind != "Eviction" || oldObject != null') }, async () => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'watched' } }
      expectRefusal(await post(`${PODS}/watched/eviction`, eviction), refused('eviction'))
    })
    await under({ policy: sub('binding', 'object.kind == "Binding" && object.target.name != "n-1"') }, async () => {
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'watched' }, target: { name: 'n-1' } }
      expectRefusal(await post(`${PODS}/watched/binding`, binding), refused('binding'))
    })
    const isOfTools = 'object.spec.ephemeralContainers.all(c, c.image.startsWith("tools:"))'
    await under({ policy: sub('ephemeralcontainers', isOfTools, ['UPDATE']) }, async () => {
      const add = (name: string, image: string) =>
        client.ask(`${PODS}/watched/ephemeralcontainers`, {
          method: 'PATCH',
          type: STRATEGIC,
          body: { spec: { ephemeralContainers: [{ name, image }] } },
        })
      expect((await add('fine', 'tools:1')).code).toBe(200)
      expectRefusal(await add('other', 'other:1'), refused('ephemeralcontainers'))
    })
    await under({ policy: sub('status', 'object.status == oldObject.status', ['UPDATE']) }, async () => {
      const to = (path: string, body: object) => client.ask(path, { method: 'PATCH', type: MERGE, body })
      expectRefusal(await to(`${PODS}/watched/status`, { status: { message: 'a' } }), refused('status'))
      expect((await to(`${PODS}/watched`, { metadata: { labels: { a: 'b' } } })).code).toBe(200)
    })
    await client.delete(`${PODS}/watched`)
  })

  it('judges what is only tried as well, and leaves nothing', async () => {
    await under({ policy: ofConfigMaps({ expression: 'request.dryRun && !has(object.data)' }) }, async () => {
      expect((await post(CONFIG_MAPS, configMap('tried'), '?dryRun=All')).code).toBe(201)
      expect((await post(CONFIG_MAPS, keyed('tried', { a: 'b' }), '?dryRun=All')).code).toBe(422)
      expect((await post(CONFIG_MAPS, configMap('tried'))).code).toBe(422)
    })
    expect((await client.ask(`${CONFIG_MAPS}/tried`)).code).toBe(404)
  })

  it('composes variables, and asks the authorizer who may do what', async () => {
    const policy = ofConfigMaps(
      { expression: 'variables.mayBeBad || variables.keys.all(key, key != "bad")' },
      {
        variables: [
          { name: 'keys', expression: 'object.?data.orValue({}).map(key, key)' },
          { name: 'mayBeBad', expression: 'authorizer.requestResource.check("be-bad").allowed()' },
        ],
      },
    )
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const role = (name: string, verbs: string[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }],
    })
    for (const [who, verbs] of [
      ['ann', ['create']],
      ['bob', ['create', 'be-bad']],
    ] as const) {
      await client.post(`${rbac}/clusterroles`, role(`maker-${who}`, [...verbs]))
      await client.post(`${rbac}/clusterrolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `maker-${who}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `maker-${who}` },
        subjects: [{ kind: 'User', name: who }],
      })
    }
    await under({ policy }, async () => {
      const by = async (user: string, name: string) =>
        (
          await client.ask(CONFIG_MAPS, {
            method: 'POST',
            body: keyed(name, { bad: '' }),
            headers: { 'impersonate-user': user },
          })
        ).code
      expect([await by('ann', 'by-ann'), await by('bob', 'by-bob')]).toEqual([422, 201])
    })
  })
})

describe('the status of a policy', () => {
  const checked = (name: string) =>
    eventually('a look at the policy', async () => {
      const { status, metadata } = await client.get(`${POLICIES}/${name}`)
      return status.observedGeneration === metadata.generation && status
    })

  it('names types that do not go together', async () => {
    const exactly = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
    const policy = {
      matchConstraints: { resourceRules: [exactly] },
      validations: [{ expression: 'object.spec.replicas == "x"' }],
    }
    await under({ policy, bindings: [] }, async (name) =>
      expect((await checked(name)).typeChecking.expressionWarnings[0].warning).toMatch(
        /^apps\/v1, Kind=Deployment: .*found no matching overload for '_==_' applied to '\(int, string\)'/,
      ),
    )
  })

  it('says that it was looked at, and names fields that there are not', async () => {
    await under({ policy: ofConfigMaps(NO_BAD), bindings: [] }, async (name) =>
      expect(await checked(name)).toEqual({ observedGeneration: 1, typeChecking: {} }),
    )
    const exactly = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }
    const policy = {
      matchConstraints: { resourceRules: [exactly] },
      validations: [{ expression: 'object.dataa == null' }],
    }
    await under({ policy, bindings: [] }, async (name) =>
      expect((await checked(name)).typeChecking.expressionWarnings).toEqual([
        {
          fieldRef: 'spec.validations[0].expression',
          warning:
            "/v1, Kind=ConfigMap: ERROR: <input>:1:7: undefined field 'dataa'\n | object.dataa == null\n | ......^",
        },
      ]),
    )
  })
})

describe('what a binding makes of it', () => {
  it('is a warning, where it says so', async () => {
    await under({ policy: ofConfigMaps(NO_BAD), binding: { validationActions: ['Warn', 'Audit'] } }, async (name) => {
      const answer = await post(CONFIG_MAPS, keyed('warned', { bad: '' }))
      expect(answer.code).toBe(201)
      expect(warnings(answer)).toBe(
        `299 - "Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}-b0': failed expression: ${NO_BAD.expression}"`,
      )
      expect(warnings(await post(CONFIG_MAPS, configMap('not-warned')))).toBe('')
    })
  })

  it('is nothing to be seen, where it is only for the audit log', async () => {
    await under({ policy: ofConfigMaps(NO_BAD), binding: { validationActions: ['Audit'] } }, async () => {
      const answer = await post(CONFIG_MAPS, keyed('audited', { bad: '' }))
      expect([answer.code, warnings(answer)]).toEqual([201, ''])
    })
  })

  it.each([
    { reason: 'Invalid', code: 422 },
    { reason: 'Forbidden', code: 403 },
    { reason: 'RequestEntityTooLarge', code: 413 },
  ])('is $code by the reason $reason', async ({ reason, code }) => {
    await under({ policy: ofConfigMaps({ expression: 'false', reason }) }, async () => {
      expectRefusal(await post(CONFIG_MAPS, configMap('any')), { code, reason })
    })
  })

  it.each([
    { failurePolicy: 'Fail', code: 422 },
    { failurePolicy: 'Ignore', code: 201 },
  ])('is $code where nobody can tell, with the failure policy $failurePolicy', async ({ failurePolicy, code }) => {
    const policy = ofConfigMaps({ expression: 'object.data.nothing == ""' }, { failurePolicy })
    await under({ policy }, async () => {
      const answer = await post(CONFIG_MAPS, configMap(`told-${failurePolicy.toLowerCase()}`))
      expect(answer.code, answer.text).toBe(code)
      if (code !== 201)
        expect(answer.body.message).toContain(
          `denied request: expression 'object.data.nothing == ""' resulted in error: no such key: data`,
        )
    })
  })
})

describe('what a policy is about', () => {
  const refusesAll = { expression: 'false' }
  const of = (constraints: object, rest: object = {}) => ({
    matchConstraints: { resourceRules: [rule(['configmaps'])], ...constraints },
    validations: [refusesAll],
    ...rest,
  })
  const codes = async (...names: readonly string[]) => {
    const found: number[] = []
    for (const name of names)
      found.push(
        (await post(CONFIG_MAPS, { ...configMap(name), metadata: { name, labels: { name } } }, '?dryRun=All')).code,
      )
    return found
  }

  it('is narrowed by conditions', async () => {
    const matchConditions = [{ name: 'named-a', expression: 'object.metadata.name == "a"' }]
    await under({ policy: of({}, { matchConditions }) }, async () => {
      expect(await codes('a', 'b')).toEqual([422, 201])
    })
  })

  it('is narrowed by what it excludes, and by labels', async () => {
    const excluded = { excludeResourceRules: [rule(['configmaps'], ['*'], { resourceNames: ['b'] })] }
    await under({ policy: of(excluded) }, async () => expect(await codes('a', 'b')).toEqual([422, 201]))
    const labelled = { objectSelector: { matchLabels: { name: 'a' } } }
    await under({ policy: of(labelled) }, async () => expect(await codes('a', 'b')).toEqual([422, 201]))
  })

  it('is narrowed by its binding', async () => {
    const matchResources = { resourceRules: [rule(['configmaps'], ['CREATE'], { resourceNames: ['a'] })] }
    await under({ policy: of({}), binding: { matchResources } }, async () =>
      expect(await codes('a', 'b')).toEqual([422, 201]),
    )
  })

  it('is narrowed to namespaces, as they are labelled at the time', async () => {
    const namespace = (name: string, labels: object) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    })
    await client.post('/api/v1/namespaces', namespace('strict', { strict: 'yes' }))
    const policy = of({ namespaceSelector: { matchLabels: { strict: 'yes' } } })
    const inStrict = () => post('/api/v1/namespaces/strict/configmaps', configMap('a'), '?dryRun=All')
    await under({ policy }, async () => {
      expect(await codes('a')).toEqual([201])
      expect((await inStrict()).code).toBe(422)
      await client.patch('/api/v1/namespaces/strict', { metadata: { labels: { strict: null } } })
      expect((await inStrict()).code).toBe(201)
    })
  })

  it('knows the namespace of what it judges', async () => {
    const policy = ofConfigMaps({ expression: "namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'x'" })
    await under({ policy }, async () => expect(await codes('a')).toEqual([422]))
  })

  it('is the same objects in another version, shown in the one that it names', async () => {
    const policy = {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['autoscaling'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['horizontalpodautoscalers'],
          },
        ],
      },
      validations: [
        {
          expression: 'object.spec.targetCPUUtilizationPercentage < 50',
          messageExpression: '"asked as " + request.requestKind.version + ", seen as " + request.kind.version',
        },
      ],
    }
    await under({ policy }, async () => {
      const answer = await post('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'a' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          maxReplicas: 5,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
          ],
        },
      })
      expectRefusal(answer, { code: 422, reason: 'Invalid', message: /denied request: asked as v2, seen as v1$/ })
    })
  })

  it('is never policies themselves, so that nobody is locked out', async () => {
    const policy = {
      matchConstraints: { resourceRules: [rule(['*/*'], ['*'])] },
      matchConditions: [
        { name: 'quiet', expression: 'request.userInfo.username != "system:serviceaccount:kube-system"' },
      ],
      validations: [refusesAll],
    }
    await under({ policy }, async (name) => {
      expect((await post(CONFIG_MAPS, configMap('locked'))).code).toBe(422)
      await client.patch(`${POLICIES}/${name}`, { metadata: { labels: { a: 'b' } } })
    })
  })
})

describe('parameters of a policy', () => {
  const limited = (rest: object = {}) =>
    ofConfigMaps(
      {
        expression: 'params == null || object.?data.orValue({}).size() <= int(params.data.most)',
        messageExpression: '"at most " + params.data.most',
      },
      { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...rest },
    )
  const ref = (rest: object) => ({ paramRef: { parameterNotFoundAction: 'Deny', ...rest } })
  const two = { a: '', b: '' }

  beforeAll(async () => {
    await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'limits' } })
    for (const [name, most] of [
      ['one', '1'],
      ['two', '2'],
    ] as const)
      await client.post('/api/v1/namespaces/limits/configmaps', {
        ...configMap(name, { data: { most } }),
        metadata: { name, labels: { is: 'limit' } },
      })
  })

  it('are an object by its name, as it is at the time', async () => {
    await under({ policy: limited(), binding: ref({ name: 'one', namespace: 'limits' }) }, async () => {
      expectRefusal(await post(CONFIG_MAPS, keyed('limited', two)), {
        code: 422,
        reason: 'Invalid',
        message: /denied request: at most 1$/,
      })
      await client.patch('/api/v1/namespaces/limits/configmaps/one', { data: { most: '2' } })
      expect((await post(CONFIG_MAPS, keyed('limited', two), '?dryRun=All')).code).toBe(201)
      await client.patch('/api/v1/namespaces/limits/configmaps/one', { data: { most: '1' } })
    })
  })

  it('are all that a selector selects, and each is to be kept', async () => {
    const selector = { matchLabels: { is: 'limit' } }
    await under({ policy: limited(), binding: ref({ selector, namespace: 'limits' }) }, async () => {
      expect((await post(CONFIG_MAPS, keyed('selected', two))).code).toBe(422)
      expect((await post(CONFIG_MAPS, keyed('selected', { a: '' }))).code).toBe(201)
    })
  })

  it('are looked for in the namespace of the object, where none is named', async () => {
    await under({ policy: limited(), binding: ref({ name: 'two' }) }, async (name) => {
      expectRefusal(await post(CONFIG_MAPS, configMap('here')), {
        code: 422,
        reason: 'Invalid',
        message: `configmaps "here" is forbidden: ValidatingAdmissionPolicy '${name}' with binding '${name}-b0' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
      })
      const there = await post('/api/v1/namespaces/limits/configmaps', keyed('there', two))
      expect(there.code, there.text).toBe(201)
    })
  })

  it('may be missing, where the binding allows it or failures are ignored', async () => {
    await under({ policy: limited(), binding: ref({ name: 'none', parameterNotFoundAction: 'Allow' }) }, async () =>
      expect((await post(CONFIG_MAPS, keyed('allowed', two))).code).toBe(201),
    )
    await under({ policy: limited({ failurePolicy: 'Ignore' }), binding: ref({ name: 'none' }) }, async () =>
      expect((await post(CONFIG_MAPS, keyed('ignored', two))).code).toBe(201),
    )
  })

  it('are of a kind that there is', async () => {
    const policy = limited({ paramKind: { apiVersion: 'example.com/v1', kind: 'Nothing' } })
    await under({ policy, binding: ref({ name: 'a' }) }, async (name) => {
      expectRefusal(await post(CONFIG_MAPS, configMap('none')), {
        code: 422,
        reason: 'Invalid',
        message: `configmaps "none" is forbidden: ValidatingAdmissionPolicy '${name}' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Nothing'`,
      })
    })
  })

  it('may be of a custom kind', async () => {
    await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'keylimits.rules.example.com' },
      spec: {
        group: 'rules.example.com',
        scope: 'Cluster',
        names: { plural: 'keylimits', kind: 'KeyLimit' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { most: { type: 'integer' } } } },
          },
        ],
      },
    })
    await eventually(
      'the kind is served',
      async () => (await client.ask('/apis/rules.example.com/v1/keylimits')).code === 200,
    )
    const limit = { apiVersion: 'rules.example.com/v1', kind: 'KeyLimit', metadata: { name: 'strict' }, most: 1 }
    await client.post('/apis/rules.example.com/v1/keylimits', limit)
    const policy = ofConfigMaps(
      { expression: 'object.?data.orValue({}).size() <= params.most' },
      { paramKind: { apiVersion: 'rules.example.com/v1', kind: 'KeyLimit' } },
    )
    await under({ policy, binding: ref({ name: 'strict' }) }, async () => {
      expect((await post(CONFIG_MAPS, keyed('by-custom', two))).code).toBe(422)
      expect((await post(CONFIG_MAPS, keyed('by-custom', { a: '' }))).code).toBe(201)
    })
    await under({ policy, binding: ref({ name: 'strict', namespace: 'default' }) }, async () => {
      expect((await post(CONFIG_MAPS, configMap('scoped'))).body.message).toContain(
        'paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
      )
    })
  })
})

describe('controllers', () => {
  const policy = {
    matchConstraints: { resourceRules: [rule(['pods'], ['CREATE'])] },
    validations: [
      {
        expression: "object.spec.containers.all(c, c.image.startsWith('registry.example.com/'))",
        message: 'images come from registry.example.com',
      },
    ],
  }

  it('are judged as users are, and say what kept them', async () => {
    await under({ policy }, async (name) => {
      expect((await post(PODS, pod('direct'))).code).toBe(422)
      await client.post(DEPLOYMENTS, deployment('judged'))
      const events = await eventually('an Event of the refusal', async () => {
        const { items } = await client.get('/api/v1/namespaces/default/events?fieldSelector=reason%3DFailedCreate')
        return items.length > 0 && items
      })
      expect(events.map(({ message }: Json) => message).join('\n')).toContain(
        `ValidatingAdmissionPolicy '${name}' with binding '${name}-b0' denied request: images come from registry.example.com`,
      )
      const failure = await eventually('a condition of the Deployment', async () => {
        const { status } = await client.get(`${DEPLOYMENTS}/judged`)
        return status.conditions?.find(({ type }: Json) => type === 'ReplicaFailure')
      })
      expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' })
    })
    await eventually('the Pod, once nobody refuses it any more', async () => {
      const { items } = await client.get(`${PODS}?labelSelector=app%3Djudged`)
      return items.length === 1
    })
    await client.delete(`${DEPLOYMENTS}/judged`)
  })

  it('go by the names of their ServiceAccounts', async () => {
    const exempting = {
      ...policy,
      matchConditions: [
        { name: 'people', expression: "!request.userInfo.username.startsWith('system:serviceaccount:kube-system:')" },
      ],
    }
    await under({ policy: exempting }, async () => {
      expect((await post(PODS, pod('by-hand'))).code).toBe(422)
      await client.post(DEPLOYMENTS, deployment('exempt'))
      await eventually('its Pod', async () => {
        const { items } = await client.get(`${PODS}?labelSelector=app%3Dexempt`)
        return items.length === 1
      })
    })
    await client.delete(`${DEPLOYMENTS}/exempt`)
  })
})

describe('parameters that somebody names', () => {
  it('are named by those who may read them', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    await client.post(`${rbac}/clusterroles`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'policy-maker' },
      rules: [
        { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
        { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['known'] },
      ],
    })
    await client.post(`${rbac}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'policy-maker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'policy-maker' },
      subjects: [{ kind: 'User', name: 'maker' }],
    })
    const byMaker = (path: string, kind: string, name: string, spec: object) =>
      client.ask(path, {
        method: 'POST',
        body: { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec },
        headers: { 'impersonate-user': 'maker' },
      })
    const policyOf = (kind: string) =>
      byMaker(
        POLICIES,
        'ValidatingAdmissionPolicy',
        `by-${kind.toLowerCase()}`,
        ofConfigMaps(NO_BAD, { paramKind: { apiVersion: 'v1', kind } }),
      )
    const configured = await policyOf('ConfigMap')
    expect(configured.code, configured.text).toBe(201)
    const secret = await policyOf('Secret')
    expectRefusal(secret, { code: 422, reason: 'Invalid' })
    expect(secret.body.details.causes).toEqual([
      {
        reason: 'FieldValueForbidden',
        message:
          'Forbidden: user maker must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)',
        field: 'spec.paramKind',
      },
    ])
    await client.post(POLICIES, {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'of-secrets' },
      spec: ofConfigMaps(NO_BAD, { paramKind: { apiVersion: 'v1', kind: 'Secret' } }),
    })
    const bindingTo = async (name: string) =>
      (
        await byMaker(BINDINGS, 'ValidatingAdmissionPolicyBinding', `to-${name}`, {
          policyName: 'of-secrets',
          paramRef: { name, namespace: 'default', parameterNotFoundAction: 'Allow' },
          validationActions: ['Audit'],
        })
      ).code
    expect([await bindingTo('known'), await bindingTo('unknown')]).toEqual([201, 422])
    await client.delete(`${BINDINGS}/to-known`)
    await client.delete(`${POLICIES}/of-secrets`)
  })
})
