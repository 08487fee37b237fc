/** CustomResourceDefinitions and what they make, as clients see them; schemas are tested beside src/kube/custom. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, expectRefusal, JSON_PATCH, type Json, MERGE, newClient, STRATEGIC } from './client.ts'
import { watch } from './watching.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('custom-resources')
})

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

const cronTabSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['schedule'],
      properties: {
        schedule: { type: 'string', pattern: '^(\\d+|\\*)( (\\d+|\\*)){4}$' },
        replicas: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
        color: { type: 'string', enum: ['red', 'blue'] },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        steps: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, run: { type: 'string' } },
          },
        },
      },
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } },
    },
  },
}

const version = (name: string, rest: object = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: cronTabSchema },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [
    { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule', description: 'When it runs.' },
    { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: [{ jsonPath: '.spec.color' }],
  ...rest,
})

const definition = (plural: string, kind: string, { spec = {}, versions = [version('v1')] } = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.stable.example.com` },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural, kind },
    versions,
    ...spec,
  },
})

const conditionsOf = (object: Json): Record<string, string> =>
  Object.fromEntries((object.status.conditions ?? []).map((one: Json) => [one.type, `${one.status} ${one.reason}`]))

async function define(body: { metadata: { name: string } }): Promise<Json> {
  await client.post(DEFINITIONS, body)
  return eventually('the definition is established', async () => {
    const found = await client.get(`${DEFINITIONS}/${body.metadata.name}`)
    return conditionsOf(found)['Established']?.startsWith('True') && found
  })
}

const pathOf = (plural: string, served = 'v1') => `/apis/stable.example.com/${served}/namespaces/default/${plural}`

const cronTab = (name: string, spec: object = {}, rest: object = {}) => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name },
  spec: { schedule: '* * * * 5', ...spec },
  ...rest,
})

describe('a definition', () => {
  it('gets its names, and is served then', async () => {
    const made = await define(
      definition('crontabs', 'CronTab', {
        spec: { names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] } },
      }),
    )
    expect(made.spec.conversion).toEqual({ strategy: 'None' })
    expect(made.status).toMatchObject({
      acceptedNames: {
        plural: 'crontabs',
        singular: 'crontab',
        kind: 'CronTab',
        listKind: 'CronTabList',
        shortNames: ['ct'],
      },
      storedVersions: ['v1'],
    })
    expect(conditionsOf(made)).toEqual({
      NamesAccepted: 'True NoConflicts',
      Established: 'True InitialNamesAccepted',
    })
    expect(await client.get(pathOf('crontabs'))).toMatchObject({ kind: 'CronTabList', items: [] })
  })

  it('is refused in the words of kube-apiserver', async () => {
    const bad = definition('bads', 'Bad', {
      versions: [
        version('v1', {
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { properties: { a: { type: 'text' } } } } },
          },
          subresources: undefined,
          selectableFields: undefined,
        }),
      ],
    })
    const answer = await client.ask(DEFINITIONS, { method: 'POST', body: bad })
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
    expect(answer.body.details.causes).toEqual([
      {
        reason: 'FieldValueRequired',
        message: 'Required value: must not be empty for specified object fields',
        field: 'spec.validation.openAPIV3Schema.properties[spec].type',
      },
      {
        reason: 'FieldValueNotSupported',
        message:
          'Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
        field: 'spec.validation.openAPIV3Schema.properties[spec].properties[a].type',
      },
    ])
    const misnamed = { ...definition('bads', 'Bad'), metadata: { name: 'other.stable.example.com' } }
    expectRefusal(await client.ask(DEFINITIONS, { method: 'POST', body: misnamed }), {
      code: 422,
      reason: 'Invalid',
      causes: [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: "other.stable.example.com": must be spec.names.plural+"."+spec.group',
          field: 'metadata.name',
        },
      ],
    })
  })

  it('waits for a name that another has, and gets it when that goes', async () => {
    await define(definition('firsts', 'Shared'))
    await client.post(DEFINITIONS, definition('seconds', 'Shared'))
    const waiting = await eventually('the conflict is told', async () => {
      const found = await client.get(`${DEFINITIONS}/seconds.stable.example.com`)
      return found.status.conditions && found
    })
    expect(conditionsOf(waiting)).toEqual({ NamesAccepted: 'False ListKindConflict', Established: 'False NotAccepted' })
    expect((await client.ask(pathOf('seconds'))).code).toBe(404)
    await client.delete(`${DEFINITIONS}/firsts.stable.example.com`)
    await eventually('the name is free', async () => (await client.ask(pathOf('seconds'))).code === 200)
  })
})

describe('a custom resource', () => {
  it('is pruned, gets defaults, and is numbered by generation', async () => {
    const body = {
      ...cronTab('a', { unknown: 1, port: 'http', free: { any: [1] } }),
      extra: true,
      status: { phase: 'x' },
    }
    const { headers, body: made } = await client.ask(pathOf('crontabs'), { method: 'POST', body })
    expect(made.spec).toEqual({ schedule: '* * * * 5', replicas: 1, port: 'http', free: { any: [1] } })
    expect(made).not.toHaveProperty('extra')
    expect(made).not.toHaveProperty('status')
    expect(made.metadata.generation).toBe(1)
    expect(headers.get('warning')).toContain('unknown field \\"spec.unknown\\"')
    const labelled = await client.patch(`${pathOf('crontabs')}/a`, { metadata: { labels: { a: 'b' } } })
    expect(labelled.metadata.generation).toBe(1)
    const changed = await client.patch(`${pathOf('crontabs')}/a`, { spec: { replicas: 2 } })
    expect(changed.metadata.generation).toBe(2)
    const again = await client.patch(`${pathOf('crontabs')}/a`, { spec: { replicas: 2 } })
    expect(again.metadata.resourceVersion).toBe(changed.metadata.resourceVersion)
    const strict = await client.ask(`${pathOf('crontabs')}?fieldValidation=Strict`, {
      method: 'POST',
      body: cronTab('s', { x: 1 }),
    })
    expectRefusal(strict, {
      code: 400,
      reason: 'BadRequest',
      message: 'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.x"',
    })
  })

  it('is refused where its schema says so, but not for what an update leaves as it was', async () => {
    const answer = await client.ask(pathOf('crontabs'), {
      method: 'POST',
      body: cronTab('bad', { schedule: 'never', replicas: 11, color: 'green' }),
    })
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
    expect(answer.body.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: "never": spec.schedule in body should match '^(\\d+|\\*)( (\\d+|\\*)){4}$'`,
        field: 'spec.schedule',
      },
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 11: spec.replicas in body should be less than or equal to 10',
        field: 'spec.replicas',
      },
      {
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "green": supported values: "blue", "red"',
        field: 'spec.color',
      },
    ])
    expectRefusal(await client.ask(`${pathOf('crontabs')}/a`, { method: 'PUT', body: cronTab('a') }), {
      code: 422,
      reason: 'Invalid',
      message: /metadata.resourceVersion: Invalid value: 0x0: must be specified for an update/,
    })
  })

  it('takes merge and JSON patches, and no strategic ones', async () => {
    const path = `${pathOf('crontabs')}/a`
    await client.patch(path, [{ op: 'add', path: '/spec/color', value: 'red' }], JSON_PATCH)
    expect((await client.patch(path, { spec: { color: 'blue' } }, MERGE)).spec.color).toBe('blue')
    const answer = await client.ask(path, { method: 'PATCH', type: STRATEGIC, body: {} })
    expectRefusal(answer, { code: 415, reason: 'UnsupportedMediaType' })
    expect(answer.body.message).not.toContain('strategic')
    const bytes = await client.ask(pathOf('crontabs'), {
      method: 'POST',
      type: 'application/vnd.kubernetes.protobuf',
      body: 'k8s\u0000',
    })
    expectRefusal(bytes, { code: 415, reason: 'UnsupportedMediaType' })
  })

  it('has a status of its own, and a scale', async () => {
    const path = `${pathOf('crontabs')}/a`
    const before = await client.get(path)
    const told = await client.patch(`${path}/status`, {
      metadata: { labels: { told: 'yes' }, finalizers: ['example.com/a'], uid: 'other' },
      spec: { replicas: 7 },
      status: { replicas: 1, selector: 'a=b' },
    })
    expect(told.spec.replicas).toBe(2)
    expect(told.metadata.labels).toEqual(before.metadata.labels)
    expect(told.metadata).not.toHaveProperty('finalizers')
    // Nobody owns metadata that hold nothing of anybody's.
    for (const { fieldsV1 } of told.metadata.managedFields) expect(fieldsV1['f:metadata']).not.toEqual({})
    expect(told.metadata.generation).toBe(before.metadata.generation)
    expect(await client.get(`${path}/scale`)).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'a=b' },
    })
    await client.patch(`${path}/scale`, { spec: { replicas: 3 } })
    expect((await client.get(path)).spec.replicas).toBe(3)
    expect((await client.get(path)).status).toEqual({ replicas: 1, selector: 'a=b' })
  })

  it('is shown in its columns, and selected by its fields', async () => {
    await client.post(pathOf('crontabs'), cronTab('red', { color: 'red' }))
    const accept = { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } }
    const { body } = await client.ask(`${pathOf('crontabs')}?fieldSelector=spec.color%3Dred`, accept)
    expect(body.columnDefinitions.map(({ name, priority }: Json) => [name, priority])).toEqual([
      ['Name', 0],
      ['Schedule', 0],
      ['Replicas', 1],
      ['Age', 0],
    ])
    expect(body.rows.map(({ cells }: Json) => cells)).toEqual([['red', '* * * * 5', 1, expect.any(String)]])
    expectRefusal(await client.ask(`${pathOf('crontabs')}?fieldSelector=spec.port%3Dx`), {
      code: 400,
      reason: 'BadRequest',
      message: 'field label not supported: spec.port',
    })
  })

  it('is applied: owned by list and map types, without what only its defaults say', async () => {
    const path = `${pathOf('crontabs')}/applied`
    const apply = (manager: string, spec: object, force = false) =>
      client.ask(`${path}?fieldManager=${manager}&force=${force}`, {
        method: 'PATCH',
        type: 'application/apply-patch+yaml',
        body: cronTab('applied', spec),
      })
    const first = await apply('one', { steps: [{ name: 'a', run: '1' }] })
    expect(first.code, first.text).toBe(201)
    expect(first.body.spec.replicas).toBe(1)
    const [entry] = first.body.metadata.managedFields
    expect(entry.fieldsV1).toEqual({
      'f:spec': {
        'f:schedule': {},
        'f:steps': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:run': {} } },
      },
    })
    const second = await apply('two', { steps: [{ name: 'b', run: '2' }] })
    expect(second.body.spec.steps).toEqual([
      { name: 'a', run: '1' },
      { name: 'b', run: '2' },
    ])
    expectRefusal(await apply('two', { steps: [{ name: 'a', run: '3' }] }), {
      code: 409,
      reason: 'Conflict',
      message: /conflict with "one": \.spec\.steps\[name="a"\]\.run/,
    })
  })

  it('owns and is owned like others', async () => {
    const owner = await client.post(pathOf('crontabs'), cronTab('owner'))
    const ownerReferences = [
      { apiVersion: 'stable.example.com/v1', kind: 'CronTab', name: 'owner', uid: owner.metadata.uid },
    ]
    await client.post(pathOf('crontabs'), cronTab('owned', {}, { metadata: { name: 'owned', ownerReferences } }))
    await client.delete(`${pathOf('crontabs')}/owner`)
    await eventually('the dependent goes', async () => (await client.ask(`${pathOf('crontabs')}/owned`)).code === 404)
  })
})

describe('what is published', () => {
  it('is there at once: discovery in all its forms', async () => {
    await define(
      definition('shows', 'Show', { versions: [version('v1'), version('v1beta1', { storage: false })] as never }),
    )
    const { groups } = await client.get('/apis')
    expect(groups.find(({ name }: Json) => name === 'stable.example.com').preferredVersion.version).toBe('v1')
    const { resources } = await client.get('/apis/stable.example.com/v1beta1')
    expect(resources.map(({ name }: Json) => name)).toEqual(
      expect.arrayContaining(['shows', 'shows/status', 'shows/scale']),
    )
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body } = await client.ask('/apis', { headers: { accept } })
    const group = body.items.find(({ metadata }: Json) => metadata.name === 'stable.example.com')
    expect(group.versions.map((one: Json) => one.version)).toEqual(['v1', 'v1beta1'])
    // A media type's parameters have no order.
    const reordered = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList, application/json'
    expect((await client.ask('/apis', { headers: { accept: reordered } })).body).toEqual(body)
    await client.delete(`${DEFINITIONS}/shows.stable.example.com`)
    await eventually('it is gone', async () => {
      const left = await client.get('/apis/stable.example.com/v1')
      return !left.resources.some(({ name }: Json) => name === 'shows')
    })
  })

  it('is described by OpenAPI, v2 and v3', async () => {
    const index = await client.get('/openapi/v3')
    const url = index.paths['apis/stable.example.com/v1'].serverRelativeURL
    const { components, paths } = await client.get(url.slice(url.indexOf('/openapi')))
    const schema = components.schemas['com.example.stable.v1.CronTab']
    expect(schema['x-kubernetes-group-version-kind']).toEqual([
      { group: 'stable.example.com', version: 'v1', kind: 'CronTab' },
    ])
    expect(schema.properties.spec.properties.replicas).toMatchObject({ default: 1, maximum: 10 })
    expect(schema.properties.metadata.allOf[0].$ref).toContain('ObjectMeta')
    expect(paths['/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/scale']).toBeDefined()
    const v2 = await client.get('/openapi/v2')
    expect(v2.definitions['com.example.stable.v1.CronTabList']).toBeDefined()
    expect(v2.definitions['com.example.stable.v1.CronTab'].properties.spec.properties.port).not.toHaveProperty('type')
    expect(v2.definitions['io.k8s.api.core.v1.Pod']).toBeDefined()
    const indexed = async () => (await client.get('/openapi/v3')).paths['apis/stable.example.com/v1'].serverRelativeURL
    expect(await indexed()).toBe(url)
    const path = '/spec/versions/0/schema/openAPIV3Schema/description'
    await client.patch(
      `${DEFINITIONS}/crontabs.stable.example.com`,
      [{ op: 'add', path, value: 'Runs now and then.' }],
      JSON_PATCH,
    )
    expect(await indexed()).not.toBe(url)
  })
})

describe('versions', () => {
  it('differ by their name where nothing converts them', async () => {
    const old = version('v1beta1', { storage: false, deprecated: true })
    await define(definition('twofolds', 'Twofold', { versions: [version('v1'), old] as never }))
    const body = { ...cronTab('a'), kind: 'Twofold', apiVersion: 'stable.example.com/v1beta1' }
    const made = await client.ask(pathOf('twofolds', 'v1beta1'), { method: 'POST', body })
    expect(made.body.apiVersion).toBe('stable.example.com/v1beta1')
    expect(made.headers.get('warning')).toBe('299 - "stable.example.com/v1beta1 Twofold is deprecated"')
    expect((await client.get(`${pathOf('twofolds')}/a`)).apiVersion).toBe('stable.example.com/v1')
    const list = await client.get(pathOf('twofolds', 'v1beta1'))
    expect(list).toMatchObject({
      apiVersion: 'stable.example.com/v1beta1',
      items: [{ apiVersion: 'stable.example.com/v1beta1' }],
    })
    const { text } = await client.ask(`${pathOf('twofolds', 'v1beta1')}?watch=true&timeoutSeconds=1`)
    expect(JSON.parse(text.split('\n')[0] ?? '').object.apiVersion).toBe('stable.example.com/v1beta1')
  })

  it('are remembered when they were stored, and what they stored gets the defaults of now', async () => {
    const bare = { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } }
    const richer = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { b: { type: 'string', default: 'new' } } } },
    }
    const plain = (name: string, schema: object, rest: object = {}) => ({
      name,
      served: true,
      storage: true,
      schema: { openAPIV3Schema: schema },
      ...rest,
    })
    const first = await define(definition('moves', 'Move', { versions: [plain('v1', bare)] as never }))
    const body = { apiVersion: 'stable.example.com/v1', kind: 'Move', metadata: { name: 'a' }, spec: { a: 'x' } }
    await client.post(pathOf('moves'), body)
    const next = {
      ...first,
      spec: { ...first.spec, versions: [plain('v1', bare, { storage: false }), plain('v2', richer)] },
    }
    const stored = await client.put(`${DEFINITIONS}/moves.stable.example.com`, next)
    expect(stored.status.storedVersions).toEqual(['v1', 'v2'])
    const read = await eventually('v2 is served', async () => {
      const { code, body: found } = await client.ask(`${pathOf('moves', 'v2')}/a`)
      return code === 200 && found
    })
    expect(read.spec).toEqual({ b: 'new' })
    const without = { ...stored, spec: { ...stored.spec, versions: [plain('v2', richer)] } }
    const refused = await client.ask(`${DEFINITIONS}/moves.stable.example.com`, { method: 'PUT', body: without })
    expectRefusal(refused, {
      code: 422,
      reason: 'Invalid',
      message: /status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions/,
    })
  })
})

describe('a definition that is deleted', () => {
  it('takes its objects with it, those with finalizers when they are let go, and ends their watches', async () => {
    await define(definition('passings', 'Passing'))
    const body = (name: string, finalizers: string[] = []) => ({
      ...cronTab(name),
      kind: 'Passing',
      metadata: { name, finalizers },
    })
    await client.post(pathOf('passings'), body('free'))
    await client.post(pathOf('passings'), body('held', ['example.com/hold']))
    const watching = await watch(
      client,
      pathOf('passings'),
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    )
    await watching.until(3)
    const going = await client.delete(`${DEFINITIONS}/passings.stable.example.com`)
    expect(going.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    await eventually('one is left', async () => (await client.get(pathOf('passings'))).items.length === 1)
    expect(conditionsOf(await client.get(`${DEFINITIONS}/passings.stable.example.com`))['Terminating']).toBe(
      'True InstanceDeletionInProgress',
    )
    expectRefusal(await client.ask(pathOf('passings'), { method: 'POST', body: body('late') }), {
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'create not allowed while custom resource definition is terminating',
    })
    await client.patch(`${pathOf('passings')}/held`, { metadata: { finalizers: null } })
    await eventually(
      'all is gone',
      async () => (await client.ask(`${DEFINITIONS}/passings.stable.example.com`)).code === 404,
    )
    await watching.ended
    expect((await client.ask(pathOf('passings'))).code).toBe(404)
  })
})
