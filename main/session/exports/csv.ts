/**
 * CSV: a folder with a file per table, and `columns.csv` that says what every column means. Written while the events are read; only
 * tags and annotations wait for the end, because later events correct them.
 */
import type { EventOf, SessionEvent } from '../../../preload/contract/session'
import type { ExportContext } from './context'
import type { Table } from './csvTables'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { circuitRows, sampleRows, sweepRows } from './blobRows'
import * as tables from './csvTables'
import { csvRow } from './csvText'
import { Output } from './output'
import { Stimulations } from './rows'

export async function writeCsv(context: ExportContext, folder: string): Promise<void> {
  mkdirSync(folder)
  const sheets = new Sheets(folder)
  try {
    await new CsvWriter(context, sheets).write()
    await sheets.close()
  }
  finally {
    await sheets.abandon()
  }
}

/** The files, each opened with its first row; a table without rows still has its header. */
class Sheets {
  readonly #folder: string
  readonly #files = new Map<string, Output>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async begin<Row>({ name, columns }: Table<Row>): Promise<void> {
    const file = await Output.create(join(this.#folder, `${name}.csv`))
    this.#files.set(name, file)
    file.text(csvRow(columns.map(column => column.name)))
  }

  add<Row>({ name, columns }: Table<Row>, row: Row): void {
    this.#files.get(name)!.text(csvRow(columns.map(({ of }) => of(row))))
  }

  async drain(): Promise<void> {
    for (const file of this.#files.values())
      await file.drain()
  }

  async close(): Promise<void> {
    for (const [name, file] of this.#files) {
      await file.close()
      this.#files.delete(name)
    }
  }

  /** Lets go of those that are not closed. */
  async abandon(): Promise<void> {
    for (const file of this.#files.values())
      await file.abandon()
  }
}

class CsvWriter {
  readonly #context: ExportContext
  readonly #sheets: Sheets
  readonly #stimulations = new Stimulations()

  constructor(context: ExportContext, sheets: Sheets) {
    this.#context = context
    this.#sheets = sheets
  }

  async write(): Promise<void> {
    for (const table of Object.values(tables.TABLES))
      await this.#sheets.begin(table as Table<unknown>)
    await this.#sheets.begin(tables.columnsOf)
    for (const { name, about, columns } of Object.values(tables.TABLES)) {
      for (const column of columns)
        this.#sheets.add(tables.columnsOf, { table: name, about: column.about, name: column.name, tableAbout: about })
    }
    for await (const events of this.#context.batches()) {
      for (const event of events)
        await this.#take(event)
      await this.#sheets.drain()
    }
    await this.#finish()
  }

  async #finish(): Promise<void> {
    const { session, appVersion, blinding } = this.#context
    const { started, ended, duration, events, tags } = session.head
    for (const fact of tables.factsOf(started, { ended, duration, events, exporter: `Symbiote ${appVersion}` }))
      this.#sheets.add(tables.session, fact)
    for (const event of this.#stimulations.on)
      this.#stimulation(event)
    await this.#all(tables.tags, tags)
    await this.#all(tables.annotations, blinding.annotations)
  }

  async #all<Row>(table: Table<Row>, rows: Iterable<Row>): Promise<void> {
    let n = 0
    for (const row of rows) {
      this.#sheets.add(table, row)
      if (++n % 1024 === 0) {
        await this.#sheets.drain()
        await this.#context.turn()
      }
    }
  }

  #stimulation(event: EventOf<'stimulation'>, off?: EventOf<'stimulation.off'>): void {
    // A stimulation of nothing is one too: it stands in a row of its own.
    const interventions = event.interventions.length === 0 ? [undefined] : event.interventions
    for (const [order, intervention] of interventions.entries())
      this.#sheets.add(tables.stimulations, { event, order, intervention, ...(off === undefined ? {} : { off }) })
  }

  #trial(trial: EventOf<'trial'>): void {
    this.#sheets.add(tables.trials, { trial, stimulation: this.#stimulations.of(trial.stimulation) })
    for (const [measure, effect] of Object.entries(trial.effects))
      this.#sheets.add(tables.effects, { trial, measure, effect })
  }

  async #take(event: SessionEvent): Promise<void> {
    const sheets = this.#sheets
    switch (event.kind) {
      case 'provenance': return sheets.add(tables.provenance, event)
      case 'battery': return sheets.add(tables.batteries, event)
      case 'site': return sheets.add(tables.sites, event)
      case 'stimulation': return this.#stimulations.begin(event)
      case 'stimulation.off': {
        const begun = this.#stimulations.end(event.stimulation)
        return begun && this.#stimulation(begun, event)
      }
      case 'trial': return this.#trial(event)
      case 'view': return sheets.add(tables.views, event)
      case 'training': return sheets.add(tables.training, event)
      case 'signal': return this.#all(tables.signals, sampleRows(this.#context, event))
      case 'instrument': return sheets.add(tables.instrument, event)
      case 'verification': return sheets.add(tables.verifications, event)
      case 'sweep':
        sheets.add(tables.sweeps, event)
        return this.#all(tables.sweepEffects, sweepRows(this.#context, event))
      case 'symbiote':
        sheets.add(tables.finds, event)
        return this.#all(tables.candidates, circuitRows(this.#context, event))
      // The session's facts, and tags and annotations as they stood in the end, come last.
      case 'session.started':
      case 'session.ended':
      case 'tag':
      case 'annotation':
        return
      default:
        sheets.add(tables.other, event)
    }
  }
}
