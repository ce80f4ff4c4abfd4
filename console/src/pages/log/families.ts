export const FAMILIES: readonly { readonly label: string; readonly types: string }[] = [
  { label: 'Everything', types: '' },
  { label: 'Calls', types: 'call.,emergency.' },
  { label: 'Phones', types: 'registration.,authentication.failed' },
  {
    label: 'Changes',
    types: 'directory.,fraud.policy-changed,fraud.approved,fraud.undone,firewall.ordered,firewall.undone',
  },
  { label: 'People', types: 'people.' },
  { label: 'Attacks', types: 'firewall.,authentication.failed,people.sign-in-failed,message.dropped' },
  { label: 'Fraud', types: 'fraud.' },
  { label: 'System', types: 'system.,configuration.,certificate.,store.,trunk.' },
]
