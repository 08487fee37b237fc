import { column, resource } from '../../define.ts'
import { FieldPath } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { podWarnings } from '../../pod/warnings.ts'
import type { PodTemplate } from '../../types.ts'
import { labelsText, nameColumn } from '../columns.ts'
import { defaultTemplate, podSpecOf, templateErrors } from '../workloads.ts'

const containersOf = (template: PodTemplate) => podSpecOf(template.template)?.containers ?? []

export const podTemplates = resource<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.PodTemplate',
  columns: [
    nameColumn(),
    column('Containers', 'string', (template) =>
      containersOf(template)
        .map(({ name }) => name)
        .join(','),
    ),
    column('Images', 'string', (template) =>
      containersOf(template)
        .map(({ image }) => image ?? '')
        .join(','),
    ),
    column('Pod Labels', 'string', ({ template }) => labelsText(template?.metadata?.labels)),
  ],
  generation: (next, previous) => !deepEqual(next.template, previous.template),
  defaults(draft) {
    draft.template ??= {}
    defaultTemplate(draft.template)
  },
  validate: ({ template }, at) => templateErrors(template, at.child('template')),
  warnings: ({ template }) =>
    podWarnings({ metadata: template?.metadata, spec: podSpecOf(template) }, new FieldPath('template')),
  deleteReturnsObject: true,
})
