/** The beginning of a trip. */
import { DEFAULT_BREADTH } from '../breadth.ts'
import type { Call } from '../call.ts'
import type { CallContext } from '../context.ts'
import { targetSteps } from './target-steps.ts'
import type { Payer, Trip } from './trip.ts'

type Optional = Partial<Pick<Trip, 'claimedCallerId' | 'called' | 'except' | 'secureOnly' | 'breadth'>>

export function newTrip(context: CallContext, call: Call, payer: Payer, more: Optional = {}): Trip {
  return {
    context,
    call,
    payer,
    claimedCallerId: undefined,
    called: undefined,
    except: undefined,
    secureOnly: false,
    breadth: DEFAULT_BREADTH,
    visited: new Set(),
    mayGoOn: false,
    lead: targetSteps,
    ...more,
  }
}
