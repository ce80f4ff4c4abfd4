/** Chips of the log: what newcomers ask for, each a condition of the filter language. */
export const FAMILIES: readonly { readonly label: string; readonly filter: string }[] = [
  { label: 'Everything', filter: '' },
  { label: 'Calls', filter: 'type:(call.*,emergency.*)' },
  { label: 'Phones', filter: 'type:(registration.*,authentication.failed)' },
  {
    label: 'Changes',
    filter: 'type:(directory.*,fraud.policy-changed,fraud.approved,fraud.undone,firewall.ordered,firewall.undone)',
  },
  { label: 'People', filter: 'type:people.*' },
  { label: 'Attacks', filter: 'type:(firewall.*,authentication.failed,people.sign-in-failed,message.dropped)' },
  { label: 'Fraud', filter: 'type:fraud.*' },
  { label: 'System', filter: 'type:(system.*,configuration.*,certificate.*,store.*,trunk.*)' },
]

export const TIMES: readonly { readonly label: string; readonly times: string }[] = [
  { label: '15 minutes', times: 'last 15m' },
  { label: '1 hour', times: 'last 1h' },
  { label: '24 hours', times: 'last 24h' },
  { label: '7 days', times: 'last 7d' },
  { label: '30 days', times: 'last 30d' },
  { label: 'All time', times: '' },
]

export const EXAMPLES: readonly { readonly query: string; readonly meaning: string }[] = [
  { query: 'severity>=warning last 24h', meaning: 'what was loud since yesterday' },
  { query: 'type:authentication.failed last 7d | count by source', meaning: 'who guesses passwords, by address' },
  { query: 'type:directory.* not actor:system last 30d', meaning: 'what people changed this month' },
]
