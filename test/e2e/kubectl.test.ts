/** All that kubectl does without a node: every way to make, show, change, wait for and explain. Real workerd. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let folder: string

beforeAll(async () => {
  plane = await startControlPlane()
  folder = mkdtempSync(join(tmpdir(), 'skycrane-kubectl-'))
}, 60_000)

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const kubectl = (command: string): Promise<string> => plane.kubectl(...command.split(' '))
const path = async (what: string, jsonPath: string): Promise<string> =>
  plane.kubectl('get', ...what.split(' '), '-o', `jsonpath=${jsonPath}`)

function file(name: string, text: string): string {
  const at = join(folder, name)
  writeFileSync(at, text)
  return at
}

describe('kubectl create', () => {
  it.each([
    { command: 'create namespace team', made: 'namespace team', at: '{.status.phase}', is: 'Active' },
    { command: 'create configmap literal --from-literal=a=1', made: 'configmap literal', at: '{.data.a}', is: '1' },
    { command: 'create secret generic plain --from-literal=a=1', made: 'secret plain', at: '{.data.a}', is: 'MQ==' },
    {
      command:
        'create secret docker-registry pull --docker-server=r.example.com --docker-username=u --docker-password=p',
      made: 'secret pull',
      at: '{.type}',
      is: 'kubernetes.io/dockerconfigjson',
    },
    { command: 'create serviceaccount robot', made: 'serviceaccount robot', at: '{.metadata.name}', is: 'robot' },
    {
      command: 'create deployment made --image=web:1 --replicas=2',
      made: 'deployment made',
      at: '{.spec.replicas}',
      is: '2',
    },
    {
      command: 'create job once --image=web:1 -- true',
      made: 'job once',
      at: '{.spec.template.spec.restartPolicy}',
      is: 'Never',
    },
    {
      command: 'create cronjob often --image=web:1 --schedule=*/5\u00a0*\u00a0*\u00a0*\u00a0*',
      made: 'cronjob often',
      at: '{.spec.schedule}',
      is: '*/5 * * * *',
    },
    {
      command: 'create job from-cron --from=cronjob/often',
      made: 'job from-cron',
      at: '{.metadata.ownerReferences[0].kind}',
      is: 'CronJob',
    },
    {
      command: 'create service clusterip plain --tcp=80:8080',
      made: 'service plain',
      at: '{.spec.ports[0].targetPort}',
      is: '8080',
    },
    { command: 'create service nodeport node --tcp=80', made: 'service node', at: '{.spec.type}', is: 'NodePort' },
    {
      command: 'create service externalname out --external-name=example.com',
      made: 'service out',
      at: '{.spec.externalName}',
      is: 'example.com',
    },
    { command: 'create quota small --hard=pods=100', made: 'quota small', at: '{.status.hard.pods}', is: '100' },
    {
      command: 'create poddisruptionbudget pdb --selector=app=made --min-available=1',
      made: 'pdb pdb',
      at: '{.spec.minAvailable}',
      is: '1',
    },
    {
      command: 'create role reader --verb=get --resource=pods',
      made: 'role reader',
      at: '{.rules[0].verbs[0]}',
      is: 'get',
    },
    {
      command: 'create rolebinding readers --role=reader --user=ann',
      made: 'rolebinding readers',
      at: '{.subjects[0].name}',
      is: 'ann',
    },
    {
      command: 'create clusterrole seer --verb=list --resource=nodes',
      made: 'clusterrole seer',
      at: '{.rules[0].resources[0]}',
      is: 'nodes',
    },
    {
      command: 'create clusterrolebinding seers --clusterrole=seer --group=g',
      made: 'clusterrolebinding seers',
      at: '{.roleRef.name}',
      is: 'seer',
    },
    { command: 'create priorityclass high --value=5', made: 'priorityclass high', at: '{.value}', is: '5' },
    {
      command: 'create ingress web --class=nginx --rule=example.com/shop*=web:80',
      made: 'ingress web',
      at: '{.spec.rules[0].http.paths[0].backend.service.name}',
      is: 'web',
    },
    {
      command: 'run single --image=web:1 --labels=app=single --port=80',
      made: 'pod single',
      at: '{.spec.containers[0].ports[0].containerPort}',
      is: '80',
    },
  ])('$command', async ({ command, made, at, is }) => {
    // A blank that is part of an argument.
    await plane.kubectl(...command.split(' ').map((part) => part.replaceAll('\u00a0', ' ')))
    expect(await path(made, at)).toBe(is)
  })

  it('hears warnings', async () => {
    const manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'old', annotations: { 'kubernetes.io/ingress.class': 'outer' } },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    }
    const at = file('old-ingress.json', JSON.stringify(manifest))
    expect(await plane.refused('create', '--warnings-as-errors', '-f', at)).toContain(
      `Warning: annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    )
  })

  it('token, of a ServiceAccount', async () => {
    const token = (await kubectl('create token robot --duration=20m')).trim()
    expect(token.split('.')).toHaveLength(3)
  })

  it('a list of objects, and deletes them by the same file', async () => {
    const item = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
    const at = file('list.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item('one'), item('two')] }))
    expect(await plane.kubectl('create', '-f', at)).toBe('configmap/one created\nconfigmap/two created\n')
    expect(await plane.kubectl('delete', '-f', at)).toMatch(/"one" deleted[\s\S]*"two" deleted/)
  })

  it('with a dry run of the server leaves nothing', async () => {
    expect(await kubectl('create configmap tried --dry-run=server -o name')).toBe('configmap/tried\n')
    expect(await plane.refused('get', 'configmap', 'tried')).toMatch(/NotFound/)
  })
})

describe('kubectl expose, set, rollout, scale', () => {
  beforeAll(() => kubectl('create deployment web --image=web:1 --port=80'))

  it('makes a Service of a Deployment and of a Pod', async () => {
    await kubectl('expose deployment web --port=8080 --target-port=80')
    expect(await path('service web', '{.spec.selector.app} {.spec.ports[0].port}')).toBe('web 8080')
  })

  it('sets image, environment, resources, account and selector', async () => {
    await kubectl('set image deployment/web web=web:2')
    await kubectl('set env deployment/web COLOUR=green')
    await kubectl('set resources deployment/web --limits=cpu=200m,memory=64Mi')
    await kubectl('set serviceaccount deployment web robot')
    await kubectl('set selector service web app=web,tier=front')
    const spec = '{.spec.template.spec.containers[0]'
    expect(await path('deployment web', `${spec}.image} ${spec}.env[0].value} ${spec}.resources.limits.cpu}`)).toBe(
      'web:2 green 200m',
    )
    expect(await path('deployment web', '{.spec.template.spec.serviceAccountName}')).toBe('robot')
    expect(await path('service web', '{.spec.selector.tier}')).toBe('front')
    expect(await kubectl('set env deployment/web --list')).toMatch(/COLOUR=green/)
  })

  it('shows, pauses, resumes, restarts and undoes a rollout', async () => {
    await eventually('the revisions', async () => /^\d/m.test(await kubectl('rollout history deployment/web')))
    await kubectl('rollout pause deployment/web')
    expect(await path('deployment web', '{.spec.paused}')).toBe('true')
    await kubectl('rollout resume deployment/web')
    await kubectl('rollout restart deployment/web')
    expect(await path('deployment web', '{.spec.template.metadata.annotations}')).toMatch(/restartedAt/)
    await eventually('the revision', async () =>
      /web:1/.test(await kubectl('rollout history deployment/web --revision=1')),
    )
    await kubectl('rollout undo deployment/web --to-revision=1')
    expect(await path('deployment web', '{.spec.template.spec.containers[0].image}')).toBe('web:1')
    expect(await plane.refused('rollout', 'status', 'deployment/web', '--timeout=1s')).toMatch(/timed out|exceeded/)
  })

  it('autoscales', async () => {
    await kubectl('autoscale deployment/web --min=1 --max=3 --cpu-percent=80')
    expect(await path('hpa web', '{.spec.maxReplicas} {.spec.metrics[0].resource.target.averageUtilization}')).toBe(
      '3 80',
    )
    expect(await kubectl('get hpa web --no-headers')).toMatch(/Deployment\/web/)
  })

  it('scales if the count is as expected', async () => {
    await kubectl('scale deployment/web --replicas=3')
    expect(await plane.refused('scale', 'deployment/web', '--replicas=5', '--current-replicas=2')).toMatch(
      /Expected replicas to be 2, was 3/,
    )
    expect(await path('deployment web', '{.spec.replicas}')).toBe('3')
  })
})

describe('kubectl get', () => {
  it.each([
    { output: 'name', is: /^pod\/single$/m },
    { output: 'yaml', is: /^kind: Pod$/m },
    { output: 'json', is: /"kind": "Pod"/ },
    { output: 'wide', is: /NOMINATED NODE/ },
    { output: 'jsonpath={.metadata.labels.app}', is: /^single$/ },
    { output: 'custom-columns=NAME:.metadata.name', is: /^NAME\s*\nsingle/ },
    { output: 'go-template={{.metadata.name}}', is: /^single$/ },
    { output: 'jsonpath-as-json={.metadata.name}', is: /"single"/ },
  ])('-o $output', async ({ output, is }) => {
    expect(await plane.kubectl('get', 'pod', 'single', '-o', output)).toMatch(is)
  })

  it('several kinds, all of a category, all namespaces, sorted, by label and by field', async () => {
    expect(await kubectl('get pods,services -o name')).toMatch(/pod\/single[\s\S]*service\/web/)
    expect(await kubectl('get all')).toMatch(/deployment\.apps\/web/)
    expect(await kubectl('get services -A --sort-by=.metadata.name')).toMatch(/kubernetes[\s\S]*plain/)
    expect(await kubectl('get pods -l app=single -o name')).toBe('pod/single\n')
    expect(await kubectl('get pods --field-selector=metadata.name=single -o name')).toBe('pod/single\n')
    expect(await kubectl('get pods -L app --show-labels')).toMatch(/APP\s+LABELS/)
    expect(
      await kubectl('get deploy,rs,sa,cm,no,ns,svc,ep,ev,quota,limits,pdb,cj,pc,csr,crd --ignore-not-found -A'),
    ).toMatch(/deployment/)
    expect(await kubectl('get pods --chunk-size=1 -o name')).toMatch(/pod\/single/)
  })

  it('components, all of them well', async () =>
    expect(await kubectl('get cs')).toMatch(/^NAME +STATUS +MESSAGE +ERROR *\n.*\netcd-0 +Healthy +ok *\n/))

  it('flow control as every cluster has it', async () => {
    await kubectl('wait --for=condition=Dangling=False flowschemas --all --timeout=10s')
    const schemas = await kubectl('get flowschemas --sort-by=.spec.matchingPrecedence')
    expect(schemas).toMatch(
      /^NAME +PRIORITYLEVEL +MATCHINGPRECEDENCE +DISTINGUISHERMETHOD +AGE +MISSINGPL\nexempt +exempt +1 /,
    )
    expect(schemas.match(/ False$/gm)).toHaveLength(13)
    expect(schemas.trim().split('\n')).toHaveLength(14)
    expect(await kubectl('get prioritylevelconfigurations catch-all')).toMatch(/\ncatch-all +Limited +5 +<none> /)
  })

  it('watches', async () => {
    const text = plane.kubectl('get', 'configmaps', '--watch-only', '--request-timeout=2s', '-o', 'name')
    await new Promise((done) => setTimeout(done, 700))
    await kubectl('create configmap watched')
    expect(await text.catch((error: { stdout?: string }) => error.stdout ?? '')).toMatch(/configmap\/watched/)
  })
})

describe('kubectl describe', () => {
  it.each([
    'namespace default',
    'pod single',
    'deployment web',
    'service web',
    'configmap literal',
    'secret plain',
    'serviceaccount robot',
    'job once',
    'cronjob often',
    'quota small',
    'pdb pdb',
    'role reader',
    'rolebinding readers',
    'clusterrole seer',
    'clusterrolebinding seers',
    'priorityclass high',
    'endpoints web',
    'lease -A',
    'replicaset -l app=web',
    'ingress web',
    'csr -A',
    'limitrange -A',
    'networkpolicy -A',
    'storageclass -A',
    'hpa web',
  ])('%s', async (what) => {
    const text = await kubectl(`describe ${what}`)
    // There may be none.
    if (what.endsWith(' -A')) return
    expect(text).toMatch(/^Name:/m)
  })
})

describe('kubectl label, annotate, patch, replace, wait, delete', () => {
  it('labels and annotates, and refuses to overwrite by mistake', async () => {
    await kubectl('label pod single tier=front')
    expect(await plane.refused('label', 'pod', 'single', 'tier=back')).toMatch(/already has a value/)
    await kubectl('label pod single tier=back --overwrite')
    await kubectl('annotate pod single note=here')
    await kubectl('label pod single tier-')
    expect(await path('pod single', '{.metadata.labels.tier}{.metadata.annotations.note}')).toBe('here')
  })

  it('patches in three ways', async () => {
    const patch = (type: string, body: unknown) =>
      plane.kubectl('patch', 'configmap', 'literal', `--type=${type}`, '-p', JSON.stringify(body))
    await patch('merge', { data: { b: '2' } })
    await patch('strategic', { data: { c: '3' } })
    await patch('json', [{ op: 'remove', path: '/data/a' }])
    expect(JSON.parse(await path('configmap literal', '{.data}'))).toEqual({ b: '2', c: '3' })
  })

  it('replaces from a file that it got', async () => {
    const text = await kubectl('get configmap literal -o yaml')
    await plane.kubectl('replace', '-f', file('replaced.yaml', text.replace('b: "2"', 'b: "5"')))
    expect(await path('configmap literal', '{.data.b}')).toBe('5')
    expect(await plane.refused('replace', '-f', file('stale.yaml', text))).toMatch(
      /Conflict|the object has been modified/,
    )
  })

  it('waits for a condition, a value and an end', async () => {
    await plane.kubectl('wait', 'namespace/team', '--for=jsonpath={.status.phase}=Active', '--timeout=5s')
    const ended = plane.kubectl('wait', 'configmap/watched', '--for=delete', '--timeout=10s')
    await kubectl('delete configmap watched')
    await ended
    expect(await plane.refused('wait', 'pod/single', '--for=condition=Ready', '--timeout=1s')).toMatch(/timed out/)
    await plane
      .kubectl('wait', 'configmap/later', '--for=create', '--timeout=1s')
      .catch((error: { stderr: string }) => {
        expect(error.stderr).toMatch(/timed out/)
      })
  })

  it('deletes a claim in use once its Pod is gone', async () => {
    await plane.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    })
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
    const spec = { nodeName: 'nowhere', containers: [{ name: 'a', image: 'a' }], volumes }
    await plane.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec })
    await kubectl('delete pvc data --wait=false')
    expect(await kubectl('get pvc data')).toMatch(/\ndata +Terminating /)
    const gone = kubectl('wait --for=delete pvc/data --timeout=30s')
    await kubectl('delete pod user --force --grace-period=0')
    await gone
    expect(await kubectl('get pvc --ignore-not-found')).toBe('')
  })

  it('deletes by name, label and kind, and what it deletes stays deleted', async () => {
    await kubectl('delete pod single --now')
    await kubectl('delete configmap,secret literal plain --ignore-not-found')
    await kubectl('delete jobs --all')
    await kubectl('delete deployment -l app=made')
    expect(await kubectl('get deployment made --ignore-not-found')).toBe('')
    await kubectl('delete deployment web --cascade=orphan')
    expect(await kubectl('get rs -l app=web -o name')).toMatch(/replicaset/)
    await kubectl('delete namespace team')
    expect(await kubectl('get namespace team --ignore-not-found')).toBe('')
  })
})

describe('kubectl debug', () => {
  it('adds containers to a Pod, and only adds', async () => {
    await kubectl('run looked-into --image=main:1 --env=A=1')
    await kubectl('debug looked-into --image=tools:1 --container=first --target=looked-into --attach=false -- sh')
    await kubectl('debug looked-into --image=tools:2 --container=second --profile=general --attach=false')
    expect(await path('pod looked-into', '{.spec.ephemeralContainers[*].name}')).toBe('first second')
    expect(await path('pod looked-into', '{.spec.ephemeralContainers[0].targetContainerName}')).toBe('looked-into')
    await expect(
      kubectl('debug looked-into --image=tools:1 --container=third --target=other --attach=false'),
    ).rejects.toThrow('spec.ephemeralContainers[2].targetContainerName: Not found: "other"')
    expect(await kubectl('describe pod looked-into')).toMatch(/^Ephemeral Containers:\n {2}first:/m)
  })

  it('copies a Pod', async () => {
    await kubectl(
      'debug looked-into --copy-to=copied --image=tools:1 --container=debugger --share-processes --attach=false',
    )
    expect(await path('pod copied', '{.spec.containers[*].name}')).toBe('looked-into debugger')
  })
})

describe('kubectl, about the cluster', () => {
  it('tells what there is', async () => {
    expect(await kubectl('api-resources --namespaced=true --verbs=list -o name')).toMatch(/^pods$/m)
    expect(await kubectl('api-resources --api-group=rbac.authorization.k8s.io')).toMatch(/clusterroles\s+rbac/)
    expect(await kubectl('api-versions')).toMatch(/^batch\/v1$/m)
    expect(await kubectl('cluster-info')).toMatch(/control plane/)
    expect(await kubectl('version -o json')).toMatch(/"serverVersion"/)
    expect(await kubectl('config view --minify')).toMatch(/server: https:/)
    expect(await kubectl('config current-context')).not.toBe('')
    expect(await kubectl('events')).toMatch(/LAST SEEN|No events/)
    expect(await kubectl('get --raw /readyz').catch(() => 'under a path')).toMatch(/ok|under a path/)
    await kubectl(`cluster-info dump --output-directory=${folder}/dump`)
    expect(readFileSync(join(folder, 'dump', 'nodes.json'), 'utf8')).toMatch(/NodeList|List/)
  })

  it.each(['pod', 'deployment', 'job', 'role', 'priorityclass', 'csr', 'resourcequota'])(
    'explains %s',
    async (kind) => {
      expect(await kubectl(`explain ${kind}`)).toMatch(/^KIND:/m)
      expect(await kubectl(`explain ${kind} --recursive`)).toMatch(/FIELDS:/)
    },
  )

  it.each(['crd', 'crd.spec.versions.schema.openAPIV3Schema', 'controllerrevision', 'pod.metadata'])(
    'explains what holds itself, or anything: %s',
    async (what) => {
      expect(await kubectl(`explain ${what} --recursive`)).toMatch(/FIELDS:/)
      expect(await kubectl(`explain ${what} --recursive --output=plaintext-openapiv2`)).toMatch(/FIELDS:/)
    },
  )

  it('explains every field of a Pod', async () => {
    expect(await kubectl('explain pod.spec.containers.livenessProbe.httpGet.port')).toMatch(/FIELD: port/)
  })
})
