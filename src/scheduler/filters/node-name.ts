/** A Pod that names its node runs there or nowhere. Such a Pod passes the scheduler by, but `explain` asks for it too. */
import { type Filter, finalRefusal } from '../filter.ts'

const OTHER_NODE = finalRefusal("node(s) didn't match the requested node name")

export const nodeName: Filter = {
  name: 'NodeName',
  liftedBy: ['node-added'],
  prepare({ pod }) {
    const wanted = pod.spec.nodeName
    return wanted ? ({ name }) => (name === wanted ? undefined : OTHER_NODE) : undefined
  },
}
