/** The operations of a running server, reached through its control socket. */
import { request as httpRequest } from 'node:http'
import { findControlSocket } from './control-path.ts'
import { ControlError } from './errors.ts'
import type { OperationName } from './operation-schemas.ts'
import type { OperationResult, Operations } from './operations.ts'

const ANSWER_BYTES = 64 * 1_048_576
const PROBE_MS = 5_000
const OPERATION_MS = 60_000
const IMPORT_MS = 600_000

/** Undefined when no server runs on this data folder. Throws ControlError `CONTROL_FORBIDDEN`. */
export async function createControlClient(dataDirectory: string): Promise<Operations | undefined> {
  if (!(await controlServerAnswers(dataDirectory))) return undefined
  const call =
    <T>(name: OperationName, timeoutMs = OPERATION_MS) =>
    (input?: unknown): Promise<OperationResult<T>> =>
      perform<T>(findControlSocket(dataDirectory), name, input ?? {}, timeoutMs)
  return {
    status: call('status'),
    systemStop: call('systemStop'),
    extensionAdd: call('extensionAdd'),
    extensionList: call('extensionList'),
    extensionSuspend: call('extensionSuspend'),
    extensionRestore: call('extensionRestore'),
    extensionRemove: call('extensionRemove'),
    deviceAdd: call('deviceAdd'),
    deviceList: call('deviceList'),
    deviceRemove: call('deviceRemove'),
    deviceImport: call('deviceImport', IMPORT_MS),
    callsLive: call('callsLive'),
    callsPast: call('callsPast'),
    callShow: call('callShow'),
    callMessages: call('callMessages'),
    callQuality: call('callQuality'),
    events: call('events'),
    eventsFollow: call('eventsFollow'),
    trunkAdd: call('trunkAdd'),
    trunkList: call('trunkList'),
    trunkShow: call('trunkShow'),
    trunkChange: call('trunkChange'),
    trunkTest: call('trunkTest'),
    trunkRemove: call('trunkRemove'),
    numberAdd: call('numberAdd'),
    numberList: call('numberList'),
    numberRoute: call('numberRoute'),
    numberRemove: call('numberRemove'),
    groupAdd: call('groupAdd'),
    groupList: call('groupList'),
    groupChange: call('groupChange'),
    groupRemove: call('groupRemove'),
    callingShow: call('callingShow'),
    callingChange: call('callingChange'),
    extensionCallingShow: call('extensionCallingShow'),
    extensionCallingChange: call('extensionCallingChange'),
    dialDryRun: call('dialDryRun'),
    alertTest: call('alertTest'),
    searchList: call('searchList'),
    searchSave: call('searchSave'),
    searchRemove: call('searchRemove'),
    alertList: call('alertList'),
    alertShow: call('alertShow'),
    alertAcknowledge: call('alertAcknowledge'),
    callReport: call('callReport'),
    eventsSearch: call('eventsSearch'),
    eventsCount: call('eventsCount'),
    eventsSign: call('eventsSign'),
    eventsProof: call('eventsProof'),
    eventsStatements: call('eventsStatements'),
    eventsStatistics: call('eventsStatistics'),
    eventsForget: call('eventsForget', IMPORT_MS),
    exportAdd: call('exportAdd'),
    exportList: call('exportList'),
    exportTest: call('exportTest'),
    exportRemove: call('exportRemove'),
    deckShow: call('deckShow'),
    deckBegin: call('deckBegin'),
    deckAppend: call('deckAppend'),
    detectionsList: call('detectionsList'),
    detectionsStatus: call('detectionsStatus'),
    detectionsReload: call('detectionsReload'),
    detectionsTest: call('detectionsTest'),
    detectionsRun: call('detectionsRun', IMPORT_MS),
    deckCommit: call('deckCommit', IMPORT_MS),
    deckRemove: call('deckRemove'),
    deckPrice: call('deckPrice'),
    budgetShow: call('budgetShow'),
    budgetChange: call('budgetChange'),
    fraudStatus: call('fraudStatus'),
    fraudPolicy: call('fraudPolicy'),
    fraudPolicyChange: call('fraudPolicyChange'),
    fraudRules: call('fraudRules'),
    fraudRuleChange: call('fraudRuleChange'),
    fraudBacktest: call('fraudBacktest'),
    fraudDecisions: call('fraudDecisions'),
    fraudExplain: call('fraudExplain'),
    fraudUndo: call('fraudUndo'),
    fraudApprovals: call('fraudApprovals'),
    fraudApprove: call('fraudApprove'),
    fraudDeny: call('fraudDeny'),
    fraudBlock: call('fraudBlock'),
    fraudUnblock: call('fraudUnblock'),
    firewallStatus: call('firewallStatus'),
    firewallDecisions: call('firewallDecisions'),
    firewallBan: call('firewallBan'),
    firewallAllow: call('firewallAllow'),
    firewallUndo: call('firewallUndo'),
    firewallExplain: call('firewallExplain'),
    firewallLists: call('firewallLists'),
    firewallListsRefresh: call('firewallListsRefresh', IMPORT_MS),
    firewallTry: call('firewallTry'),
    peopleList: call('peopleList'),
    peopleInvite: call('peopleInvite'),
    peopleLink: call('peopleLink'),
    peopleRecover: call('peopleRecover'),
    peopleSuspend: call('peopleSuspend'),
    peopleRestore: call('peopleRestore'),
    peopleRole: call('peopleRole'),
    peopleRemove: call('peopleRemove'),
    peopleSessions: call('peopleSessions'),
    peopleRevoke: call('peopleRevoke'),
    apiKeyList: call('apiKeyList'),
    apiKeyAdd: call('apiKeyAdd'),
    apiKeyRemove: call('apiKeyRemove'),
    organisationList: call('organisationList'),
    organisationAdd: call('organisationAdd'),
  }
}

/** True when a server answers on the control socket of this data folder. */
export async function controlServerAnswers(dataDirectory: string): Promise<boolean> {
  try {
    await exchange(findControlSocket(dataDirectory), { method: 'GET', path: '/', timeoutMs: PROBE_MS })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') {
      const text = `the server on ${dataDirectory} belongs to another user; run this command as that user, or with sudo`
      throw new ControlError('CONTROL_FORBIDDEN', text, { cause: error })
    }
    return false
  }
}

async function perform<T>(
  socketPath: string,
  name: OperationName,
  input: unknown,
  timeoutMs: number,
): Promise<OperationResult<T>> {
  try {
    const text = await exchange(socketPath, {
      method: 'POST',
      path: `/operations/${name}`,
      body: JSON.stringify(input),
      timeoutMs,
    })
    return readResult<T>(text)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const gone = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE'
    if (gone) return refused('OPERATION_NEEDS_SERVER', 'the server has stopped; start it with: ringfence serve')
    return refused('OPERATION_FAILED', `the server did not answer: ${message}`)
  }
}

function readResult<T>(text: string): OperationResult<T> {
  try {
    const result = JSON.parse(text) as OperationResult<T>
    if (typeof result.ok === 'boolean') return result
  } catch {
    // Falls through: not the answer of our server.
  }
  return refused('OPERATION_FAILED', 'the server gave an answer that cannot be read; is it of another release?')
}

function refused<T>(code: 'OPERATION_NEEDS_SERVER' | 'OPERATION_FAILED', message: string): OperationResult<T> {
  return { ok: false, error: { code, message } }
}

interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly timeoutMs: number
}

function exchange(socketPath: string, { method, path, body, timeoutMs }: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    const request = httpRequest({ socketPath, method, path, headers, agent: false, signal }, response => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > ANSWER_BYTES) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.once('error', reject)
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    request.once('error', error => reject(signal.aborted ? new Error(`nothing within ${timeoutMs / 1000} s`) : error))
    request.end(body)
  })
}
