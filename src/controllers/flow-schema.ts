/**
 * Says of each FlowSchema whether the priority level that it names exists: the condition Dangling, which `kubectl get
 * flowschemas` shows as MissingPL.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema
 */
import { keyOf, keyText } from '../kube/object.ts'
import { flowSchemas } from '../kube/resources/flowcontrol/flow-schema.ts'
import { priorityLevelConfigurations } from '../kube/resources/flowcontrol/priority-level-configuration.ts'
import type { FlowSchema } from '../kube/types.ts'
import { type ClusterView, controller, type Outcome, on, settled, updateStatus, write } from './controller.ts'
import { timestampOf } from './instant.ts'

const DANGLING = 'Dangling'

export const flowSchema = controller({
  name: 'flow-schema',
  concerns: [
    on(flowSchemas, (schema) => [keyText(keyOf(schema))]),
    on(priorityLevelConfigurations, ({ metadata }, cluster) =>
      cluster
        .list(flowSchemas)
        .filter((schema) => levelOf(schema) === metadata.name)
        .map((schema) => keyText(keyOf(schema))),
    ),
  ],
  reconcile({ cluster, key, now }): Outcome {
    const schema = cluster.get(flowSchemas, key)
    if (!schema) return settled
    const condition = danglingOf(schema, cluster)
    const former = schema.status.conditions?.find(({ type }) => type === DANGLING)
    if (former?.status === condition.status && former.message === condition.message) return settled
    const since = former?.status === condition.status ? former.lastTransitionTime : timestampOf(now)
    const others = (schema.status.conditions ?? []).filter(({ type }) => type !== DANGLING)
    const conditions = [...others, { ...condition, ...(since === undefined ? {} : { lastTransitionTime: since }) }]
    return write(updateStatus(flowSchemas, { ...schema, status: { ...schema.status, conditions } }))
  },
})

const levelOf = ({ spec }: FlowSchema): string => spec.priorityLevelConfiguration.name

function danglingOf(schema: FlowSchema, cluster: ClusterView) {
  const level = levelOf(schema)
  const says = `This FlowSchema references the PriorityLevelConfiguration object named "${level}"`
  return cluster.get(priorityLevelConfigurations, { namespace: '', name: level })
    ? { type: DANGLING, status: 'False', reason: 'Found', message: `${says} and it exists` }
    : { type: DANGLING, status: 'True', reason: 'NotFound', message: `${says} but there is no such object` }
}
