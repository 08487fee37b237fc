/** What users of kubectl 1.20 do from day to day, and that today's kubectl does it in a cluster made for the older one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasOldKubectl } from '../old-kubectl.ts'
import { type Claim, type Kubectls, type RunOptions, SIDES, startKubectls } from './kubectls.ts'

const NO_BETAS = /could not find the requested resource|no matches for kind|NotFound|couldn't find resource/
const UNKNOWN = /unknown (command|flag|shorthand)/

const CREATE: readonly Claim[] = [
  { run: 'create namespace team-@', says: /^namespace\/team-.* created/ },
  { run: 'create configmap literal --from-literal=a=1', says: /^configmap\/literal created/ },
  { run: 'create secret generic plain --from-literal=a=1', says: /^secret\/plain created/ },
  {
    run: 'create secret docker-registry pull --docker-server=r.example.com --docker-username=u --docker-password=p',
    says: /^secret\/pull created/,
  },
  { run: 'create serviceaccount robot', says: /^serviceaccount\/robot created/ },
  { run: 'create token robot', says: /^ey[\w-]+\.ey[\w-]+\.[\w-]+/, tooNew: UNKNOWN },
  { run: 'create deployment web --image=web:1 --replicas=2 --port=80', says: /^deployment.apps\/web created/ },
  { run: 'create job once --image=web:1 -- true', says: /^job.batch\/once created/ },
  {
    run: "create cronjob often --image=web:1 --schedule='*/5 * * * *'",
    says: /cronjob.batch\/often created/,
    withoutBetas: NO_BETAS,
  },
  { run: 'create service clusterip plain --tcp=80:8080', says: /^service\/plain created/ },
  { run: 'create service nodeport node --tcp=80', says: /^service\/node created/ },
  { run: 'create service loadbalancer balanced --tcp=80', says: /^service\/balanced created/ },
  { run: 'create service externalname out --external-name=example.com', says: /^service\/out created/ },
  { run: 'create quota small --hard=pods=100', says: /^resourcequota\/small created/ },
  {
    run: 'create poddisruptionbudget pdb --selector=app=web --min-available=1',
    says: /poddisruptionbudget.policy\/pdb created/,
    withoutBetas: NO_BETAS,
  },
  { run: 'create role reader --verb=get --resource=pods', says: /role.rbac.authorization.k8s.io\/reader created/ },
  { run: 'create rolebinding readers --role=reader --user=ann', says: /readers created/ },
  { run: 'create clusterrole seer-@ --verb=list --resource=nodes', says: /seer-.* created/ },
  { run: 'create clusterrolebinding seers-@ --clusterrole=seer-@ --group=g', says: /seers-.* created/ },
  { run: 'create priorityclass high-@ --value=5', says: /high-.* created/ },
  { run: "create ingress web --class=nginx --rule='example.com/shop*=web:80'", says: /ingress.*\/web created/ },
  { run: 'run single --image=web:1 --labels=app=single --port=80', says: /^pod\/single created/ },
  { run: 'create configmap tried --dry-run=server -o name', says: /^configmap\/tried\n$/ },
  { run: 'create configmap tried --dry-run=client -o yaml', says: /^kind: ConfigMap$/m },
  { run: 'get configmap tried', says: /NotFound/, fails: true },
  { run: 'create configmap literal', says: /AlreadyExists|already exists/, fails: true },
]

const ROLL_OUT: readonly Claim[] = [
  { run: 'rollout history deployment/web', says: /^1 +<none>$/m, inTheEnd: true },
  { run: 'expose deployment web --port=8080 --target-port=80', says: /^service\/web exposed/ },
  { run: 'set image deployment/web web=web:2', says: /image updated/ },
  { run: 'set env deployment/web COLOUR=green', says: /env updated/ },
  { run: 'set env deployment/web --list', says: /^COLOUR=green$/m },
  { run: 'set resources deployment/web --limits=cpu=200m,memory=64Mi', says: /resource requirements updated/ },
  { run: 'set serviceaccount deployment web robot', says: /serviceaccount updated/ },
  { run: 'set selector service web app=web,tier=front', says: /selector updated/ },
  { run: 'set subject rolebinding readers --user=bob', says: /subjects updated/ },
  {
    run: "get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.serviceAccountName}'",
    says: /^web:2 robot$/,
  },
  { run: 'rollout history deployment/web', says: /^2 +<none>$/m, inTheEnd: true },
  { run: 'rollout history deployment/web --revision=1', says: /Image:\s+web:1/ },
  { run: 'rollout pause deployment/web', says: /paused/ },
  { run: 'rollout undo deployment/web', says: /paused/, fails: true },
  { run: 'rollout resume deployment/web', says: /resumed/ },
  { run: 'rollout restart deployment/web', says: /restarted/ },
  { run: 'rollout undo deployment/web --to-revision=1', says: /rolled back/ },
  { run: "get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image}'", says: /^web:1$/ },
  { run: 'rollout status deployment/web --timeout=1s', says: /timed out|exceeded/, fails: true },
  { run: 'rollout status deployment/web --watch=false', says: /^Waiting for deployment "web" rollout/ },
  { run: 'autoscale deployment/web --min=1 --max=3 --cpu-percent=80', says: /web autoscaled/ },
  { run: 'get hpa web --no-headers', says: /Deployment\/web +.*80%/ },
  { run: 'scale deployment/web --replicas=3', says: /scaled/ },
  {
    run: 'scale deployment/web --replicas=5 --current-replicas=2',
    says: /Expected replicas to be 2, was 3/,
    fails: true,
  },
]

const GET: readonly Claim[] = [
  { run: 'get pod single', says: /^NAME +READY +STATUS +RESTARTS +AGE *\nsingle +0\/1 +Pending/ },
  { run: 'get pod single -o wide', says: /NOMINATED NODE/ },
  { run: 'get pod single -o yaml', says: /^kind: Pod$/m },
  { run: 'get pod single -o json', says: /"kind": "Pod"/ },
  { run: 'get pod single -o jsonpath={.metadata.labels.app}', says: /^single$/ },
  { run: 'get pod single -o custom-columns=NAME:.metadata.name', says: /^NAME *\nsingle/ },
  { run: 'get pod single -o go-template={{.metadata.name}}', says: /^single$/ },
  { run: 'get pods,services -o name', says: /pod\/single[\s\S]*service\/web/ },
  { run: 'get all', says: /deployment\.apps\/web/ },
  { run: 'get services -A --sort-by=.metadata.name', says: /kubernetes[\s\S]*plain/ },
  { run: 'get pods -l app=single -o name', says: /^pod\/single\n$/ },
  { run: 'get pods --field-selector=metadata.name=single -o name', says: /^pod\/single\n$/ },
  { run: 'get pods -L app --show-labels', says: /APP +LABELS/ },
  { run: 'get pods --chunk-size=1 -o name', says: /pod\/single/ },
  { run: 'get cj,pdb,endpointslices,hpa -o name', says: /horizontalpodautoscaler.autoscaling\/web/ },
  { run: 'get events --field-selector=involvedObject.name=single', says: /FailedScheduling/, inTheEnd: true },
  { run: 'get cs', says: /etcd-0 +Healthy/ },
  { run: 'get pod,nowhere single', says: /the server doesn't have a resource type/, fails: true },
]

const CHANGE: readonly Claim[] = [
  { run: 'label pod single tier=front', says: /labeled/ },
  { run: 'label pod single tier=back', says: /already has a value \(front\)/, fails: true },
  { run: 'label pod single tier=back --overwrite', says: /labeled/ },
  { run: 'label pods -l app=single tier-', says: /labeled/ },
  { run: 'annotate pod single note=here', says: /annotated/ },
  { run: "get pod single -o 'jsonpath={.metadata.labels.tier}{.metadata.annotations.note}'", says: /^here$/ },
  { run: `patch configmap literal --type=merge -p '{"data":{"b":"2"}}'`, says: /patched/ },
  { run: `patch configmap literal --type=strategic -p '{"data":{"c":"3"}}'`, says: /patched/ },
  { run: `patch configmap literal --type=json -p '[{"op":"remove","path":"/data/a"}]'`, says: /patched/ },
  { run: `patch configmap literal -p '{"data":{"c":"3"}}'`, says: /patched \(no change\)/ },
  { run: `patch configmap literal --dry-run=server -p '{"data":{"d":"4"}}'`, says: /patched/ },
  { run: 'get configmap literal -o jsonpath={.data}', says: /^\{"b":"2","c":"3"\}$/ },
  { run: 'wait pod/single --for=condition=PodScheduled=False --timeout=10s', says: /condition met/ },
]

const CLUSTER: readonly Claim[] = [
  { run: 'version', says: /v1\.32\.0\+skycrane/ },
  { run: 'api-versions', says: /^apps\/v1$[\s\S]*^v1$/m },
  { run: 'api-resources', says: /^pods +po +v1 +true +Pod$/m },
  { run: 'api-resources --verbs=list --namespaced -o name', says: /^deployments\.apps$/m },
  { run: 'cluster-info', says: /is running at/ },
  { run: 'explain pods --recursive', says: /livenessProbe/ },
  { run: 'explain crd --recursive', says: /openAPIV3Schema/ },
  { run: 'explain crd.spec.versions.schema.openAPIV3Schema.items', says: /JSONSchemaPropsOrArray/ },
  { run: 'explain deployment.spec.strategy', says: /rollingUpdate/ },
  { run: 'explain hpa', says: /VERSION: +(autoscaling\/)?v2/ },
  { run: 'explain cronjob --api-version=batch/v1beta1', says: /VERSION: +(batch\/)?v1beta1/, withoutBetas: NO_BETAS },
  { run: 'auth can-i create pods', says: /^yes/ },
  { run: 'auth can-i create pods --as=ann', says: /^no/, fails: true },
  { run: 'auth can-i get pods --as=bob', says: /^yes/ },
  { run: 'auth can-i --list', says: /\*\.\*/ },
  { run: 'top pods', says: /Metrics API not available/, fails: true },
  { run: 'top nodes', says: /Metrics API not available/, fails: true },
]

const settings = (data: object, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', ...rest },
  data,
})
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'parts-@.@.example.com' },
  spec: {
    group: '@.example.com',
    scope: 'Namespaced',
    names: { plural: 'parts-@', singular: 'part-@', kind: 'Part', shortNames: ['pt-@'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer', maximum: 9, default: 1 } } },
              status: { type: 'object' },
            },
          },
        },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ],
  },
}
const part = (spec: object) => ({ apiVersion: '@.example.com/v1', kind: 'Part', metadata: { name: 'one' }, spec })
const role = (...verbs: string[]) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'reconciled', namespace: '@' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
})

const APPLY: readonly Claim[] = [
  { run: 'apply -f -', input: settings({ a: '1', b: '2' }), says: /^configmap\/settings created/ },
  { run: 'apply -f -', input: settings({ a: '1', b: '2' }), says: /^configmap\/settings unchanged/ },
  { run: `patch configmap settings --type=merge -p '{"data":{"c":"3"}}'`, says: /patched/ },
  { run: 'diff -f -', input: settings({ a: '2' }), says: /^- {2}b: "2"$/m, fails: true },
  { run: 'apply -f -', input: settings({ a: '2' }), says: /^configmap\/settings configured/ },
  { run: 'get configmap settings -o jsonpath={.data}', says: /^\{"a":"2","c":"3"\}$/ },
  { run: 'apply view-last-applied configmap settings', says: /^data:\n {2}a: "2"$/m },
  { run: 'apply set-last-applied -f -', input: settings({ a: '2', c: '3' }), says: /configured/ },
  { run: 'apply -f -', input: settings({ a: '2' }), says: /configured/ },
  { run: 'get configmap settings -o jsonpath={.data}', says: /^\{"a":"2"\}$/ },
  { run: 'apply --server-side -f -', input: settings({ d: '4' }, { name: 'owned' }), says: /serverside-applied/ },
  { run: `patch configmap owned --field-manager=other -p '{"data":{"d":"5"}}'`, says: /patched/ },
  {
    run: 'apply --server-side -f -',
    input: settings({ d: '4' }, { name: 'owned' }),
    says: /conflict with "other" using v1: \.data\.d/,
    fails: true,
  },
  {
    run: 'apply --server-side --force-conflicts -f -',
    input: settings({ d: '4' }, { name: 'owned' }),
    says: /applied/,
  },
  { run: 'apply --validate -f -', input: { ...settings({}), dataa: {} }, says: /unknown field "dataa"/, fails: true },
  { run: 'replace --force -f -', input: settings({ z: '26' }), says: /"settings" deleted[\s\S]*settings replaced/ },
  { run: 'auth reconcile -f -', input: role('get'), says: /reconciled/ },
  { run: 'auth reconcile -f -', input: role('list'), says: /reconciled/ },
  { run: 'get role reconciled -o jsonpath={.rules[*].verbs[*]}', says: /^get list$/ },
]

const CUSTOM: readonly Claim[] = [
  { run: 'apply -f -', input: definition, says: /created/ },
  { run: 'wait crd/parts-@.@.example.com --for=condition=Established --timeout=20s', says: /condition met/ },
  { run: 'apply -f -', input: part({ size: 3 }), says: /^part\.\S+\/one created/, inTheEnd: true },
  { run: 'apply -f -', input: part({ size: 3 }), says: /unchanged/ },
  { run: 'apply -f -', input: part({ size: 10 }), says: /should be less than or equal to 9/, fails: true },
  { run: 'get pt-@', says: /^NAME +SIZE *\none +3 *$/m },
  { run: 'get all', says: /^part\.\S+\/one/m },
  { run: 'describe part-@ one', says: /^Spec:\n +Size: +3$/m },
  { run: 'explain part-@.spec.size', says: /integer/ },
  { run: 'scale part-@ one --replicas=5', says: /scaled/ },
  { run: `patch part-@ one --type=merge -p '{"spec":{"size":6}}'`, says: /patched/ },
  { run: `patch part-@ one -p '{"spec":{"size":7}}'`, says: /UnsupportedMediaType|not supported|415/i, fails: true },
  { run: 'get part-@ one -o jsonpath={.spec.size}', says: /^6$/ },
  { run: 'delete crd parts-@.@.example.com', says: /deleted/ },
  { run: 'get parts-@.@.example.com', says: /doesn't have a resource type|could not find/, fails: true },
]

const NODES: readonly Claim[] = [
  { run: 'create -f -', input: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n-@' } }, says: /created/ },
  { run: 'cordon n-@', says: /cordoned/ },
  { run: 'get node n-@', says: /SchedulingDisabled/ },
  { run: 'uncordon n-@', says: /uncordoned/ },
  { run: 'taint node n-@ for=tests:NoSchedule', says: /tainted/ },
  { run: 'describe node n-@', says: /for=tests:NoSchedule/ },
  { run: 'taint node n-@ for-', says: /untainted/ },
  { run: 'drain n-@ --ignore-daemonsets', says: /drained/ },
  { run: 'delete node n-@', says: /deleted/ },
]

const DELETE: readonly Claim[] = [
  { run: 'delete pod single --now', says: /"single" deleted/ },
  { run: 'delete configmap,secret literal plain --ignore-not-found', says: /"literal" deleted[\s\S]*"plain" deleted/ },
  { run: 'delete jobs --all', says: /"once" deleted/ },
  { run: 'delete deployment web --cascade=orphan', says: /"web" deleted/ },
  { run: 'get rs -l app=web -o name', says: /replicaset\.apps\/web-/ },
  { run: 'delete rs -l app=web --cascade=foreground', says: /deleted/ },
  { run: 'get rs -l app=web -o name', says: /^$/ },
  { run: 'delete namespace team-@', says: /deleted/ },
  { run: 'get namespace team-@ --ignore-not-found', says: /^$/ },
]

let kubectls: Kubectls

describe.runIf(hasOldKubectl())('on every side, kubectl', () => {
  beforeAll(async () => {
    kubectls = await startKubectls()
  }, 60_000)

  afterAll(() => kubectls?.stop(), 30_000)

  describe.each([
    { what: 'creates', claims: CREATE },
    { what: 'rolls out', claims: ROLL_OUT },
    { what: 'shows', claims: GET },
    { what: 'changes', claims: CHANGE },
    { what: 'tells about the cluster', claims: CLUSTER },
    { what: 'applies', claims: APPLY },
    { what: 'keeps custom resources', claims: CUSTOM },
    { what: 'looks after nodes', claims: NODES },
    { what: 'deletes', claims: DELETE },
  ])('$what', ({ claims }) => {
    it.each(claims)('$run', (claim) => kubectls.check(claim))
  })

  describe.each(SIDES)('$name', (side) => {
    const run = (command: string, options?: RunOptions) => kubectls.run(side, command, options)

    it('edits what it shows to an editor', async () => {
      await run('create configmap edited --from-literal=colour=red')
      const env = { KUBE_EDITOR: 'sed -i s/red/green/' }
      expect((await run('edit configmap edited', { env })).text).toMatch(/configmap\/edited edited/)
      expect((await run('get configmap edited -o jsonpath={.data.colour}')).text).toBe('green')
      const idle = { KUBE_EDITOR: 'true' }
      expect((await run('edit configmap edited', { env: idle })).text).toMatch(/cancelled, no changes made/)
    })

    it('watches, rows as they change', async () => {
      await run('create configmap watched-1')
      await kubectls.follow(side, 'get configmaps --watch', {
        first: /^watched-1 +0 /m,
        meanwhile: () => run('create configmap watched-2 --from-literal=a=1'),
        until: /^watched-2 +1 /m,
      })
    })

    it('waits for what goes', async () => {
      await run('create configmap going')
      await kubectls.follow(side, 'get configmap going --watch --output-watch-events', {
        first: /^ADDED +going /m,
        meanwhile: () => run('delete configmap going'),
        until: /^DELETED +going /m,
      })
    })
  })
})
