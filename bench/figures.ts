/** Numbers for people: percentiles and rows of a table. */

export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export interface Row {
  readonly what: string
  readonly figure: string
  readonly p50?: number
  readonly p99?: number
  readonly cpuMs?: number
  readonly rows?: number
  /** kube-apiserver + etcd v1.20 on a 2-core machine of this kind. */
  readonly kubernetes: string
}

const cell = (value: number | undefined, digits: number): string => (value === undefined ? '' : value.toFixed(digits))

export function printRow(row: Row): void {
  console.log(
    [
      row.what.padEnd(38),
      row.figure.padEnd(16),
      cell(row.p50, 1).padStart(8),
      cell(row.p99, 1).padStart(8),
      cell(row.cpuMs, 2).padStart(9),
      cell(row.rows, 2).padStart(7),
      `  ${row.kubernetes}`,
    ].join(' '),
  )
}

export function printHead(): void {
  console.log(
    [
      'what'.padEnd(38),
      'figure'.padEnd(16),
      'p50 ms'.padStart(8),
      'p99 ms'.padStart(8),
      'CPU ms/op'.padStart(9),
      'rows/op'.padStart(7),
      '  kube-apiserver + etcd',
    ].join(' '),
  )
}
