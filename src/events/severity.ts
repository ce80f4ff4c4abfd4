/** How loud an event is. */
export type Severity = 'info' | 'notice' | 'warning' | 'error' | 'critical'
