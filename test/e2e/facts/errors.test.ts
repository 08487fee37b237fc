/** Whatever is wrong, the answer is a Status, and nothing is written. */
import { describe, expect, it } from 'vitest'
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, facts, LEASES, PODS, pod } from './facts.ts'

const { get, post, put, patch, send, version } = facts()

const JSON_TYPE = 'application/json'

describe('a request that can not be served', () => {
  it.each([
    ['a path of no API', 'GET', '/nothing', undefined, JSON_TYPE, 404, 'NotFound'],
    ['a group that is not served', 'GET', '/apis/nothing/v1/things', undefined, JSON_TYPE, 404, 'NotFound'],
    ['a version that is not served', 'GET', '/apis/apps/v9/deployments', undefined, JSON_TYPE, 404, 'NotFound'],
    ['a resource that is not served', 'GET', '/api/v1/gadgets', undefined, JSON_TYPE, 404, 'NotFound'],
    ['a subresource that is not served', 'GET', `${CONFIG_MAPS}/a/status`, undefined, JSON_TYPE, 404, 'NotFound'],
    ['a missing object', 'GET', `${CONFIG_MAPS}/missing`, undefined, JSON_TYPE, 404, 'NotFound'],
    ['a verb that a collection has not', 'PUT', CONFIG_MAPS, {}, JSON_TYPE, 405, 'MethodNotAllowed'],
    ['a verb that an object has not', 'POST', `${CONFIG_MAPS}/a`, {}, JSON_TYPE, 405, 'MethodNotAllowed'],
    ['malformed JSON', 'POST', PODS, '{"kind":', JSON_TYPE, 400, 'BadRequest'],
    ['no body', 'POST', PODS, '', JSON_TYPE, 400, 'BadRequest'],
    ['a body that is no object', 'POST', PODS, '[]', JSON_TYPE, 400, 'BadRequest'],
    ['another kind', 'POST', PODS, configMap('x'), JSON_TYPE, 400, 'BadRequest'],
    ['a wrong type', 'POST', DEPLOYMENTS, deployment('x', {}, { replicas: 'three' }), JSON_TYPE, 400, 'BadRequest'],
    ['required fields missing', 'POST', PODS, { ...pod('x'), spec: {} }, JSON_TYPE, 422, 'Invalid'],
    ['an invalid name', 'POST', CONFIG_MAPS, configMap('Not_A_Name'), JSON_TYPE, 422, 'Invalid'],
    ['no name', 'POST', CONFIG_MAPS, configMap(''), JSON_TYPE, 422, 'Invalid'],
    [
      'another namespace',
      'POST',
      CONFIG_MAPS,
      configMap('x', {}, { namespace: 'other' }),
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    [
      'a namespace that is not there',
      'POST',
      '/api/v1/namespaces/none/configmaps',
      configMap('x'),
      JSON_TYPE,
      404,
      'NotFound',
    ],
    ['a body above 3 MiB', 'POST', CONFIG_MAPS, 'x'.repeat(3_200_000), JSON_TYPE, 413, 'RequestEntityTooLarge'],
    ['a media type not known', 'POST', CONFIG_MAPS, configMap('x'), 'text/plain', 415, 'UnsupportedMediaType'],
    ['a patch of no type', 'PATCH', `${CONFIG_MAPS}/a`, {}, JSON_TYPE, 415, 'UnsupportedMediaType'],
    ['an apply by nobody', 'PATCH', `${CONFIG_MAPS}/a`, {}, 'application/apply-patch+yaml', 422, 'Invalid'],
    ['an unknown dryRun', 'POST', `${CONFIG_MAPS}?dryRun=Some`, configMap('x'), JSON_TYPE, 422, 'Invalid'],
    [
      'an unknown fieldValidation',
      'POST',
      `${CONFIG_MAPS}?fieldValidation=Some`,
      configMap('x'),
      JSON_TYPE,
      422,
      'Invalid',
    ],
    [
      'an unknown field selector',
      'GET',
      `${CONFIG_MAPS}?fieldSelector=data.a%3D1`,
      undefined,
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    ['a malformed field selector', 'GET', `${CONFIG_MAPS}?fieldSelector=a`, undefined, JSON_TYPE, 400, 'BadRequest'],
    [
      'a malformed label selector',
      'GET',
      `${CONFIG_MAPS}?labelSelector=a%20in%20b`,
      undefined,
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    ['a malformed limit', 'GET', `${CONFIG_MAPS}?limit=many`, undefined, JSON_TYPE, 400, 'BadRequest'],
    ['a malformed continue token', 'GET', `${CONFIG_MAPS}?continue=x`, undefined, JSON_TYPE, 400, 'BadRequest'],
    [
      'a malformed resource version',
      'GET',
      `${CONFIG_MAPS}?resourceVersion=x`,
      undefined,
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    [
      'a watch from a malformed version',
      'GET',
      `${CONFIG_MAPS}?watch=1&resourceVersion=x`,
      undefined,
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    [
      'a watch with a malformed selector',
      'GET',
      `${CONFIG_MAPS}?watch=1&labelSelector=!`,
      undefined,
      JSON_TYPE,
      400,
      'BadRequest',
    ],
    ['a path whose escapes are malformed', 'GET', `${CONFIG_MAPS}/%zz`, undefined, JSON_TYPE, 400, 'BadRequest'],
    ['DeleteOptions that are none', 'DELETE', `${CONFIG_MAPS}/a`, '[]', JSON_TYPE, 400, 'BadRequest'],
    [
      'an unknown propagation policy',
      'DELETE',
      `${CONFIG_MAPS}/a`,
      { propagationPolicy: 'Some' },
      JSON_TYPE,
      422,
      'Invalid',
    ],
  ])(
    '%s: the Status that Kubernetes gives, and nothing is written',
    async (_, method, path, body, type, code, reason) => {
      const before = await version()
      const answer = await send(method, path, { body, headers: { 'content-type': type } })
      expect(answer.body).toMatchObject({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        code,
        reason,
      })
      expect(answer.body['message']).toEqual(expect.stringMatching(/\S/))
      expect(answer.status).toBe(code)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(await version()).toBe(before)
    },
  )

  it('is never an error of ours, whatever is left out', async () => {
    const kinds = [
      ['/api/v1/namespaces', 'v1', 'Namespace'],
      ['/api/v1/nodes', 'v1', 'Node'],
      [PODS, 'v1', 'Pod'],
      [`${PODS}/x/binding`, 'v1', 'Binding'],
      [`${PODS}/x/eviction`, 'policy/v1', 'Eviction'],
      ['/api/v1/namespaces/default/services', 'v1', 'Service'],
      ['/api/v1/namespaces/default/endpoints', 'v1', 'Endpoints'],
      [CONFIG_MAPS, 'v1', 'ConfigMap'],
      ['/api/v1/namespaces/default/secrets', 'v1', 'Secret'],
      ['/api/v1/namespaces/default/serviceaccounts', 'v1', 'ServiceAccount'],
      ['/api/v1/namespaces/default/serviceaccounts/default/token', 'authentication.k8s.io/v1', 'TokenRequest'],
      ['/api/v1/namespaces/default/events', 'v1', 'Event'],
      ['/api/v1/namespaces/default/replicationcontrollers', 'v1', 'ReplicationController'],
      ['/apis/apps/v1/namespaces/default/replicasets', 'apps/v1', 'ReplicaSet'],
      [DEPLOYMENTS, 'apps/v1', 'Deployment'],
      ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', 'discovery.k8s.io/v1', 'EndpointSlice'],
      [LEASES, 'coordination.k8s.io/v1', 'Lease'],
    ] as const
    const rest = [
      {},
      { spec: null },
      { spec: {} },
      { spec: { containers: [] } },
      { spec: { containers: [null] } },
      { spec: { containers: [{}], initContainers: [{}], volumes: [{}], tolerations: [{}], affinity: {} } },
      { spec: { template: {} } },
      { spec: { template: { spec: {} }, selector: {} } },
      { spec: { ports: [{}], clusterIP: 'x', externalIPs: [''] } },
      { subsets: [{}], endpoints: [{}], ports: [{}], data: null, status: { conditions: [{}] } },
      { metadata: null },
      { metadata: { name: 'x', ownerReferences: [{}], finalizers: [''], labels: { '': '' } } },
    ]
    const failures: string[] = []
    for (const [path, apiVersion, kind] of kinds)
      for (const fields of rest) {
        const sent = { apiVersion, kind, metadata: { name: 'left-out' }, ...fields }
        const { status, body } = await post(`${path}?dryRun=All`, sent)
        if (status >= 500 || (status >= 300 && body['kind'] !== 'Status'))
          failures.push(`${kind} ${JSON.stringify(fields)}: ${status}`)
      }
    expect(failures).toEqual([])
  })

  it('names each field that is wrong, with its path', async () => {
    const { body } = await post(PODS, pod('Bad_Name', { image: '', ports: [{ containerPort: 70000 }] }))
    const causes = (body['details'] as { causes: { field: string; reason: string }[] }).causes
    expect(causes.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      'metadata.name FieldValueInvalid',
      'spec.containers[0].image FieldValueRequired',
      'spec.containers[0].ports[0].containerPort FieldValueInvalid',
    ])
    expect(body['details']).toMatchObject({ name: 'Bad_Name', kind: 'Pod' })
  })

  it('says where a type is wrong', async () => {
    const { body } = await post(DEPLOYMENTS, deployment('x', {}, { replicas: 'three' }))
    expect(body['message']).toContain('spec.replicas')
  })

  it('words what is missing as Kubernetes does', async () => {
    expect((await get(`${CONFIG_MAPS}/gone`)).body).toMatchObject({
      message: 'configmaps "gone" not found',
      details: { name: 'gone', kind: 'configmaps' },
    })
    expect((await get('/apis/apps/v1/namespaces/default/deployments/gone')).body).toMatchObject({
      message: 'deployments.apps "gone" not found',
      details: { name: 'gone', group: 'apps', kind: 'deployments' },
    })
    expect((await get('/api/v1/gadgets')).body['message']).toBe('the server could not find the requested resource')
    expect((await get(`${CONFIG_MAPS}?fieldSelector=data.a%3D1`)).body['message']).toContain(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
  })

  it('words a conflict as Kubernetes does', async () => {
    await post(CONFIG_MAPS, configMap('taken'))
    expect((await post(CONFIG_MAPS, configMap('taken'))).body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "taken" already exists',
    })
    const { body } = await get(`${CONFIG_MAPS}/taken`)
    await patch(`${CONFIG_MAPS}/taken`, 'merge', { data: { a: '1' } })
    expect((await put(`${CONFIG_MAPS}/taken`, body)).body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "taken": the object has been modified; please apply your changes to the latest version and try again',
    })
  })

  it('answers HEAD as GET, without the body', async () => {
    const found = await send('HEAD', CONFIG_MAPS)
    expect({ status: found.status, text: found.text }).toEqual({ status: 200, text: '' })
    const missing = await send('HEAD', `${CONFIG_MAPS}/missing`)
    expect({ status: missing.status, text: missing.text }).toEqual({ status: 404, text: '' })
  })

  it('says so where a Lease is updated without its version', async () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'elector' }, spec: {} }
    await post(LEASES, lease)
    const { body } = await put(`${LEASES}/elector`, lease)
    expect(body).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(body['message']).toContain('metadata.resourceVersion: Invalid value: 0x0: must be specified for an update')
  })
})
