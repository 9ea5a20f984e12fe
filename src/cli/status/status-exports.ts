/**
 * `status` as a document for another program: which renderer makes it, and what that is handed. Each is imported when
 * it is asked for.
 */
import { rulesOf } from '../rules.ts'
import type { World } from '../world.ts'
import type { Horizon } from './status-check.ts'
import type { StatusFindings } from './status-findings.ts'
import type { StatusFormat } from './status-format.ts'

/** The forms that a renderer of this file makes. */
export type ExportFormat = Exclude<StatusFormat, 'table' | 'timeline' | 'json' | 'jsonl' | 'plain' | 'nagios'>

/** What `status` found, and how many records could not be read among its problems. */
export interface ExportFindings extends StatusFindings {
  readonly unreadable: number
}

/** The whole text of the document. */
export async function exportStatus(
  format: ExportFormat,
  findings: ExportFindings,
  { policyOf }: Horizon,
  world: World,
): Promise<string> {
  switch (format) {
    case 'html': {
      const { renderHtml } = await import('../render/html.ts')
      return renderHtml(findings, rulesOf(world.settings()))
    }
    case 'prometheus': {
      const { renderPrometheus } = await import('../render/prometheus.ts')
      return renderPrometheus(findings)
    }
    case 'ics': {
      const { renderIcs } = await import('../render/ics.ts')
      const { calendarEntries } = await import('../render/ics-entries.ts')
      const { readMarker } = await import('../../vault/marker.ts')
      const vaultId = readMarker(world.folders.state, world.files)?.id ?? ''
      const { adapterOf } = rulesOf(world.settings())
      return renderIcs(calendarEntries(findings, { policyOf, adapterOf, vaultId }), findings.now)
    }
  }
}
