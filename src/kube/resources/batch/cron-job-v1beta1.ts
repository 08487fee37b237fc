/** CronJobs as clients of Kubernetes before v1.21 ask for them; the fields are the same. */
import { olderVersion } from '../../older-version.ts'
import { cronJobs } from './cron-job.ts'

export const cronJobsV1beta1 = olderVersion(cronJobs, {
  version: 'v1beta1',
  schema: 'io.k8s.api.batch.v1beta1.CronJob',
  deprecatedIn: 'v1.21',
  unavailableIn: 'v1.25',
})
