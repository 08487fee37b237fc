/** Role-based access control, as users meet it: what roles allow, who may give them, and who may act as somebody else. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Answer,
  APPLY,
  type Asked,
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  newClient,
  PODS,
  pod,
} from './client.ts'

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const ROLES = `${RBAC}/namespaces/default/roles`
const BINDINGS = `${RBAC}/namespaces/default/rolebindings`
const CLUSTER_ROLES = `${RBAC}/clusterroles`
const CLUSTER_BINDINGS = `${RBAC}/clusterrolebindings`

let client: Client

beforeAll(async () => {
  client = await newClient('rbac')
})

/** As somebody, by impersonation; groups of theirs behind the name. */
const as = (user: string, path: string, asked: Asked = {}, ...groups: string[]): Promise<Answer> =>
  client.ask(path, {
    ...asked,
    headers: {
      ...asked.headers,
      'impersonate-user': user,
      ...(groups.length > 0 ? { 'impersonate-group': groups.join(', ') } : {}),
    },
  })

const post = (body: object): Asked => ({ method: 'POST', body })

const role = (name: string, rules: readonly object[], rest: object = {}) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name },
  rules,
  ...rest,
})
const clusterRole = (name: string, rules: readonly object[], rest: object = {}) => ({
  ...role(name, rules, rest),
  kind: 'ClusterRole',
})
const binding = (name: string, kind: 'Role' | 'ClusterRole', to: string, ...subjects: object[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: to },
  subjects,
})
const clusterBinding = (name: string, to: string, ...subjects: object[]) => ({
  ...binding(name, 'ClusterRole', to, ...subjects),
  kind: 'ClusterRoleBinding',
})
const user = (name: string) => ({ kind: 'User', name })
const rule = (resources: string[], verbs: string[], rest: object = {}) => ({
  apiGroups: [''],
  resources,
  verbs,
  ...rest,
})

const cannot = (who: string, rest: string) => ({
  code: 403,
  reason: 'Forbidden',
  message: `${rest.split(' is forbidden')[0]} is forbidden: User "${who}" cannot ${rest.split('cannot ')[1]}`,
})

describe('a user without roles', () => {
  it('may do nothing, and is told what in the words of Kubernetes', async () => {
    expectRefusal(
      await as('nobody', CONFIG_MAPS),
      cannot(
        'nobody',
        'configmaps is forbidden: cannot list resource "configmaps" in API group "" in the namespace "default"',
      ),
    )
    expectRefusal(
      await as('nobody', '/api/v1/nodes/a'),
      cannot('nobody', 'nodes "a" is forbidden: cannot get resource "nodes" in API group "" at the cluster scope'),
    )
    expectRefusal(
      await as('nobody', '/apis/apps/v1/namespaces/default/deployments/a/scale'),
      cannot(
        'nobody',
        'deployments.apps "a" is forbidden: cannot get resource "deployments/scale" in API group "apps" in the namespace "default"',
      ),
    )
    expectRefusal(await as('nobody', '/metrics'), {
      code: 403,
      reason: 'Forbidden',
      message: 'forbidden: User "nobody" cannot get path "/metrics"',
    })
  })

  it('is refused before anything is said of what exists, or of what was sent', async () => {
    const refused = { code: 403, reason: 'Forbidden' }
    expectRefusal(await as('nobody', `${CONFIG_MAPS}/absent`), refused)
    expectRefusal(await as('nobody', `${CONFIG_MAPS}/kube-root-ca.crt`), refused)
    expectRefusal(await as('nobody', CONFIG_MAPS, { method: 'POST', body: '{' }), refused)
    expectRefusal(await as('nobody', `${CONFIG_MAPS}?watch=true`), refused)
  })

  it('may read what the API serves', async () => {
    for (const path of ['/api', '/apis', '/version', '/openapi/v2', '/healthz'])
      expect((await as('nobody', path)).code, path).toBe(200)
  })
})

describe('a role', () => {
  it('allows what its rules say where it is bound, at once, and no more once it is not', async () => {
    await client.post(ROLES, role('reader', [rule(['pods', 'pods/log'], ['get', 'list'])]))
    expect((await as('reader', PODS)).code).toBe(403)
    await client.post(BINDINGS, binding('reader', 'Role', 'reader', user('reader')))
    expect((await as('reader', PODS)).code).toBe(200)
    expect((await as('reader', `${PODS}?watch=true&timeoutSeconds=1`)).code).toBe(403)
    expect((await as('reader', PODS, post(pod('a')))).code).toBe(403)
    expect((await as('reader', '/api/v1/pods')).code).toBe(403)
    expect((await as('reader', '/api/v1/namespaces/kube-system/pods')).code).toBe(403)
    expect((await as('reader', CONFIG_MAPS)).code).toBe(403)
    expect((await as('reader', `${PODS}/a/eviction`, post({}))).code).toBe(403)
    await client.put(`${ROLES}/reader`, role('reader', [rule(['pods'], ['list', 'watch'])]))
    expect((await as('reader', `${PODS}/absent`)).code).toBe(403)
    expect((await as('reader', PODS)).code).toBe(200)
    await client.delete(`${BINDINGS}/reader`)
    expect((await as('reader', PODS)).code).toBe(403)
  })

  it('is given to groups and ServiceAccounts, and a ClusterRole in one namespace', async () => {
    await client.post(
      BINDINGS,
      binding(
        'viewers',
        'ClusterRole',
        'view',
        { kind: 'Group', name: 'viewers' },
        {
          kind: 'ServiceAccount',
          name: 'default',
          namespace: 'kube-system',
        },
      ),
    )
    expect((await as('anyone', PODS, {}, 'others', 'viewers')).code).toBe(200)
    expect((await as('anyone', PODS, {}, 'others')).code).toBe(403)
    expect((await as('system:serviceaccount:kube-system:default', CONFIG_MAPS)).code).toBe(200)
    expect((await as('system:serviceaccount:default:default', CONFIG_MAPS)).code).toBe(403)
    expect((await as('anyone', '/api/v1/namespaces/default/secrets', {}, 'viewers')).code).toBe(403)
    expect((await as('anyone', '/api/v1/pods', {}, 'viewers')).code).toBe(403)
    expect((await as('anyone', '/api/v1/namespaces/default', {}, 'viewers')).code).toBe(200)
    expect((await as('anyone', '/api/v1/namespaces/kube-system', {}, 'viewers')).code).toBe(403)
  })

  it('may be of single names, of which also a list by name is one', async () => {
    await client.post(
      ROLES,
      role('one', [rule(['configmaps'], ['get', 'list', 'update', 'create'], { resourceNames: ['mine'] })]),
    )
    await client.post(BINDINGS, binding('one', 'Role', 'one', user('one')))
    await client.post(CONFIG_MAPS, configMap('mine'))
    expect((await as('one', `${CONFIG_MAPS}/mine`)).code).toBe(200)
    expect((await as('one', `${CONFIG_MAPS}/kube-root-ca.crt`)).code).toBe(403)
    expect((await as('one', CONFIG_MAPS)).code).toBe(403)
    expect((await as('one', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dmine`)).code).toBe(200)
    expect((await as('one', `${CONFIG_MAPS}?fieldSelector=metadata.name%3Dother`)).code).toBe(403)
    expect((await as('one', CONFIG_MAPS, post(configMap('mine')))).code).toBe(403)
  })

  it('that is missing says so to those it was given to', async () => {
    await client.post(BINDINGS, binding('dangling', 'Role', 'gone', user('left')))
    expectRefusal(
      await as('left', CONFIG_MAPS),
      cannot(
        'left',
        'configmaps is forbidden: cannot list resource "configmaps" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "gone" not found',
      ),
    )
  })

  it('of paths allows them', async () => {
    await client.post(CLUSTER_ROLES, clusterRole('scraper', [{ nonResourceURLs: ['/metrics*'], verbs: ['get'] }]))
    await client.post(CLUSTER_BINDINGS, clusterBinding('scraper', 'scraper', user('scraper')))
    expect((await as('scraper', '/metrics')).code).toBe(200)
    expect((await as('scraper', PODS)).code).toBe(403)
  })
})

describe('a write that makes what is not there', () => {
  it('needs the right to create, too', async () => {
    await client.post(ROLES, role('patcher', [rule(['configmaps'], ['patch'])]))
    await client.post(BINDINGS, binding('patcher', 'Role', 'patcher', user('patcher')))
    const body = JSON.stringify(configMap('applied', { data: { a: '1' } }))
    const apply = (): Promise<Answer> =>
      as('patcher', `${CONFIG_MAPS}/applied?fieldManager=me`, { method: 'PATCH', body, type: APPLY })
    expectRefusal(
      await apply(),
      cannot(
        'patcher',
        'configmaps "applied" is forbidden: cannot create resource "configmaps" in API group "" in the namespace "default"',
      ),
    )
    expect((await client.ask(`${CONFIG_MAPS}/applied`)).code).toBe(404)
    await client.post(CONFIG_MAPS, configMap('applied'))
    expect((await apply()).code).toBe(200)
  })
})

describe('nobody gives what they do not have', () => {
  const manager = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['*'] }]

  beforeAll(async () => {
    // All verbs but escalate and bind.
    const verbs = ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete']
    await client.post(
      CLUSTER_ROLES,
      clusterRole('manages-rbac', [{ ...manager[0], verbs }, rule(['pods'], ['get', 'list'])]),
    )
    await client.post(CLUSTER_BINDINGS, clusterBinding('manages-rbac', 'manages-rbac', user('ann')))
  })

  it('by a role', async () => {
    expect((await as('ann', ROLES, post(role('own', [rule(['pods'], ['get'])])))).code).toBe(201)
    const refused = await as('ann', ROLES, post(role('more', [rule(['pods', 'secrets'], ['get', 'list'])])))
    expectRefusal(refused, {
      code: 403,
      reason: 'Forbidden',
      message:
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "ann" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    })
    const update = { method: 'PUT', body: role('own', [rule(['*'], ['get'])]) }
    expectRefusal(await as('ann', `${ROLES}/own`, update), {
      code: 403,
      reason: 'Forbidden',
      message: /not currently held/,
    })
    // What was there before may stay there.
    await client.put(`${ROLES}/own`, role('own', [rule(['secrets'], ['get'])]))
    const relabelled = { ...role('own', [rule(['secrets'], ['get'])]), metadata: { name: 'own', labels: { a: 'b' } } }
    expect((await as('ann', `${ROLES}/own`, { method: 'PUT', body: relabelled })).code).toBe(200)
  })

  it('by a binding', async () => {
    expectRefusal(await as('ann', BINDINGS, post(binding('escalate', 'ClusterRole', 'edit', user('ann')))), {
      code: 403,
      reason: 'Forbidden',
      message:
        /^rolebindings\.rbac\.authorization\.k8s\.io "escalate" is forbidden: user "ann" .*not currently held:\n/,
    })
    expectRefusal(await as('ann', BINDINGS, post(binding('escalate', 'ClusterRole', 'absent', user('ann')))), {
      code: 404,
      reason: 'NotFound',
      message: 'clusterroles.rbac.authorization.k8s.io "absent" not found',
    })
    expect((await as('ann', CLUSTER_BINDINGS, post(clusterBinding('same', 'manages-rbac', user('bob'))))).code).toBe(
      201,
    )
  })

  it('by aggregation', async () => {
    const rest = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { any: 'thing' } }] } }
    expectRefusal(await as('ann', CLUSTER_ROLES, post(clusterRole('all', [], rest))), {
      code: 403,
      reason: 'Forbidden',
      message:
        'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    })
  })

  it('unless they may escalate or bind', async () => {
    await client.post(CLUSTER_ROLES, clusterRole('manages-all', manager))
    await client.post(CLUSTER_BINDINGS, clusterBinding('manages-all', 'manages-all', user('eve')))
    expect((await as('eve', ROLES, post(role('any', [rule(['secrets'], ['get'])])))).code).toBe(201)
    expect((await as('eve', BINDINGS, post(binding('any', 'ClusterRole', 'admin', user('eve'))))).code).toBe(201)
  })

  it('and a binding keeps its role', async () => {
    await client.post(BINDINGS, binding('fixed', 'ClusterRole', 'view', user('bob')))
    expectRefusal(
      await client.ask(`${BINDINGS}/fixed`, { method: 'PUT', body: binding('fixed', 'ClusterRole', 'edit') }),
      {
        code: 422,
        reason: 'Invalid',
        message:
          'RoleBinding.rbac.authorization.k8s.io "fixed" is invalid: roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"ClusterRole", Name:"edit"}: cannot change roleRef',
      },
    )
  })
})

describe('an aggregated ClusterRole', () => {
  it('has the rules of those that its selectors choose, from and until they are there', async () => {
    const rules = [{ apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] }]
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
    const before = (await client.get(`${CLUSTER_ROLES}/view`)).rules
    const holds = async (name: string): Promise<boolean> =>
      JSON.stringify((await client.get(`${CLUSTER_ROLES}/${name}`)).rules).includes('widgets')
    await client.post(CLUSTER_ROLES, { ...clusterRole('widgets', rules), metadata: { name: 'widgets', labels } })
    // From view to edit to admin.
    await eventually("the rule is admin's", () => holds('admin'))
    expect([await holds('view'), await holds('edit')]).toEqual([true, true])
    await client.delete(`${CLUSTER_ROLES}/widgets`)
    await eventually('the rule is gone', async () => !(await holds('admin')))
    expect((await client.get(`${CLUSTER_ROLES}/view`)).rules).toEqual(before)
  })
})

describe('a new cluster', () => {
  it('has the default roles and bindings, the aggregated ones whole', async () => {
    const names = async (path: string): Promise<string[]> =>
      (await client.get(path)).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
    expect(await names(CLUSTER_ROLES)).toEqual(
      expect.arrayContaining([
        'admin',
        'cluster-admin',
        'edit',
        'system:basic-user',
        'system:discovery',
        'system:controller:job-controller',
        'system:node',
        'view',
      ]),
    )
    const { subjects } = await client.get(`${CLUSTER_BINDINGS}/system:controller:job-controller`)
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'job-controller', namespace: 'kube-system' }])
    expect(await names(`${RBAC}/namespaces/kube-system/rolebindings`)).toEqual([
      'system::extension-apiserver-authentication-reader',
      'system::leader-locking-kube-controller-manager',
      'system::leader-locking-kube-scheduler',
      'system:controller:bootstrap-signer',
      'system:controller:cloud-provider',
      'system:controller:token-cleaner',
    ])
    expect(await names(`${RBAC}/namespaces/kube-public/roles`)).toEqual(['system:controller:bootstrap-signer'])
    expect(await names(CLUSTER_BINDINGS)).toEqual(
      expect.arrayContaining(['cluster-admin', 'system:basic-user', 'system:discovery', 'system:public-info-viewer']),
    )
    const { rules } = await client.get(`${CLUSTER_ROLES}/admin`)
    expect(rules.length).toBeGreaterThan(20)
    const config = await client.get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
    expect(config.data['client-ca-file']).toMatch(/^-----BEGIN CERTIFICATE-----/)
  })
})

describe('what is no resource', () => {
  it('is shown to everybody who is somebody, by the default roles', async () => {
    for (const path of [
      '/version',
      '/api',
      '/apis',
      '/apis/apps/v1',
      '/openapi/v2',
      '/openapi/v3',
      '/healthz',
      '/readyz',
    ])
      expect((await as('somebody', path)).code, path).toBe(200)
    expect((await as('somebody', '/metrics')).code).toBe(403)
    const { code, body } = await as('somebody', '/nowhere')
    expect(code).toBe(403)
    expect(body.message).toBe('forbidden: User "somebody" cannot get path "/nowhere"')
  })

  it('is closed where the roles are taken away, and opened by others', async () => {
    const discovery = await client.get(`${CLUSTER_BINDINGS}/system:discovery`)
    await client.put(`${CLUSTER_BINDINGS}/system:discovery`, { ...discovery, subjects: [] })
    expect((await as('somebody', '/apis')).code).toBe(403)
    // The other default role still shows these.
    expect((await as('somebody', '/version')).code).toBe(200)
    await client.post(CLUSTER_ROLES, clusterRole('apis', [{ nonResourceURLs: ['/apis', '/apis/*'], verbs: ['get'] }]))
    await client.post(CLUSTER_BINDINGS, clusterBinding('apis', 'apis', { kind: 'User', name: 'somebody' }))
    expect((await as('somebody', '/apis/apps/v1')).code).toBe(200)
    expect((await as('another', '/apis/apps/v1')).code).toBe(403)
    await client.put(`${CLUSTER_BINDINGS}/system:discovery`, {
      ...(await client.get(`${CLUSTER_BINDINGS}/system:discovery`)),
      subjects: discovery.subjects,
    })
  })
})

describe('impersonation', () => {
  it('is for those who may', async () => {
    await client.post(
      CLUSTER_ROLES,
      clusterRole('actor', [rule(['users'], ['impersonate'], { resourceNames: ['carl'] })]),
    )
    await client.post(
      CLUSTER_BINDINGS,
      clusterBinding('actor', 'actor', { kind: 'ServiceAccount', name: 'actor', namespace: 'default' }),
    )
    await client.post('/api/v1/namespaces/default/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'actor' },
    })
    await client.post(BINDINGS, binding('carl', 'ClusterRole', 'view', user('carl')))
    const { status } = await client.post('/api/v1/namespaces/default/serviceaccounts/actor/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    })
    const token: string = status.token
    expect((await as('carl', PODS, { token })).code).toBe(200)
    const me = 'system:serviceaccount:default:actor'
    expectRefusal(
      await as('dora', PODS, { token }),
      cannot(me, 'users "dora" is forbidden: cannot impersonate resource "users" in API group "" at the cluster scope'),
    )
    expectRefusal(
      await as('carl', PODS, { token }, 'system:masters'),
      cannot(
        me,
        'groups "system:masters" is forbidden: cannot impersonate resource "groups" in API group "" at the cluster scope',
      ),
    )
    expectRefusal(
      await as('carl', PODS, { token, headers: { 'impersonate-extra-scopes': 'all' } }),
      cannot(
        me,
        'userextras.authentication.k8s.io "all" is forbidden: cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
      ),
    )
  })

  it('takes a comma for a part of a name, and comma and space for what lies between two', async () => {
    const groups = async (...given: string[]): Promise<string[]> => {
      const asked = post({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
      const { body } = await as('ann', '/apis/authentication.k8s.io/v1/selfsubjectreviews', asked, ...given)
      return body.status.userInfo.groups
    }
    expect(await groups('cn=ops,o=acme', 'people')).toEqual(['cn=ops,o=acme', 'people', 'system:authenticated'])
    expect(await groups('a, b')).toEqual(['a', 'b', 'system:authenticated'])
  })

  it('of nobody is refused', async () => {
    const answer = await client.ask(PODS, { headers: { 'impersonate-group': 'system:masters' } })
    expectRefusal(answer, { code: 400, reason: 'BadRequest' })
  })
})
