/** get and list of ComponentStatuses, which are told and not kept. */
import { notFound } from '../../kube/errors.ts'
import type { Form } from '../../kube/form.ts'
import { stringify } from '../../kube/json.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import { COMPONENTS } from '../../kube/resources/core/component-status.ts'
import type { ComponentStatus } from '../../kube/types.ts'
import { inQuery } from '../../store/select.ts'
import { queryOf } from './reads.ts'
import { listFrame, renderItem, renderOne } from './representation.ts'
import { jsonResponse } from './responses.ts'

const rowOf = (component: ComponentStatus) => ({ text: stringify(component), object: () => component })

/** Throws 404. */
export function answerComponents(
  { form, now }: { readonly form: Form; readonly now: number },
  request: ResourceRequest,
  search: URLSearchParams,
): Response {
  const { resource, name } = request
  if (request.verb === 'get') {
    const found = COMPONENTS.find(({ metadata }) => metadata.name === name)
    if (!found) throw notFound(resource, name ?? '')
    return jsonResponse(`${renderOne(form, resource, rowOf(found), now)}\n`)
  }
  const query = queryOf(request, search)
  const selected = COMPONENTS.filter((component) => inQuery(resource, query, component))
  const { head, tail } = listFrame(form, resource, { resourceVersion: '' })
  const items = selected.map((component) => renderItem(form, resource, rowOf(component), now))
  return jsonResponse(head + items.join(',') + tail)
}
