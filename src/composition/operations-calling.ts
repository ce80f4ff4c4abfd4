/** The operations on how the organisation and its extensions call. */
import type { Operations } from '../api/operations.ts'
import type { CallingView, ExtensionCallingView } from '../api/outside-operations.ts'
import type { ExtensionCalling, OrganisationCalling } from '../directory/calling.ts'
import type { OperationsOptions } from './operations.ts'
import { optionalTarget, targetView } from './operations-numbers.ts'
import { change, done, unknownExtension } from './operations-result.ts'

type CallingOperations = Pick<
  Operations,
  'callingShow' | 'callingChange' | 'extensionCallingShow' | 'extensionCallingChange'
>

export function callingOperations({ directory, actor }: OperationsOptions): CallingOperations {
  return {
    async callingShow() {
      return done(callingView(directory.callingOf(directory.primary.id)))
    },
    callingChange: ({ timeZone, hours, holidays, ...input }) => {
      const schedule = { timeZone, hours, holidays }
      return change(directory.changeCalling({ ...input, schedule }, actor), callingView)
    },
    async extensionCallingShow({ extension: number }) {
      const extension = directory.extensionByNumber(directory.primary.id, number)
      if (extension === undefined) return unknownExtension(number)
      return done(extensionView(number, directory.extensionCalling(extension.id)))
    },
    extensionCallingChange: ({ extension: number, ...input }) => {
      const { forwardAlways, forwardBusy, forwardNoAnswer, forwardUnreachable, ...settings } = input
      const forwards = {
        forwardAlways: optionalTarget(forwardAlways),
        forwardBusy: optionalTarget(forwardBusy),
        forwardNoAnswer: optionalTarget(forwardNoAnswer),
        forwardUnreachable: optionalTarget(forwardUnreachable),
      }
      return change(directory.changeExtensionCalling({ number, ...settings, ...forwards }, actor), calling =>
        extensionView(number, calling),
      )
    },
  }
}

function callingView(calling: OrganisationCalling): CallingView {
  const { country, openCountries, openClasses, offNetForwarding, emergencyNotify, schedule } = calling
  return {
    country,
    outsidePrefix: calling.outsidePrefix ?? null,
    areaCode: calling.areaCode ?? null,
    openCountries,
    openClasses,
    defaultCallerId: calling.defaultCallerId ?? null,
    timeZone: schedule.timeZone,
    hours: schedule.hours,
    holidays: schedule.holidays,
    offNetForwarding,
    emergencyLocation: calling.emergencyLocation ?? null,
    emergencyLocationText: calling.emergencyLocationText ?? null,
    emergencyNotify,
  }
}

function extensionView(extension: string, calling: ExtensionCalling): ExtensionCallingView {
  const { privacy, doNotDisturb, noAnswerSeconds, anonymous, maximumCalls } = calling
  return {
    extension,
    callerId: calling.callerId ?? null,
    privacy,
    doNotDisturb,
    forwardAlways: targetView(calling.forwardAlways),
    forwardBusy: targetView(calling.forwardBusy),
    forwardNoAnswer: targetView(calling.forwardNoAnswer),
    forwardUnreachable: targetView(calling.forwardUnreachable),
    noAnswerSeconds,
    anonymous,
    maximumCalls,
    emergencyLocationText: calling.emergencyLocationText ?? null,
  }
}
