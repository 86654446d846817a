/** Where code runs, in the letters of the interface specification's System API table. */
export const CONTEXTS = {
  start: { letter: 's', text: 'start' },
  init: { letter: 'I', text: 'init' },
  preUpgrade: { letter: 'G', text: 'pre upgrade' },
  update: { letter: 'U', text: 'update' },
  replicatedQuery: { letter: 'RQ', text: 'replicated query' },
  query: { letter: 'NRQ', text: 'non replicated query' },
  transform: { letter: 'TQ', text: 'non replicated query' },
  compositeQuery: { letter: 'CQ', text: 'composite query' },
  replyCallback: { letter: 'Ry', text: 'reply callback' },
  rejectCallback: { letter: 'Rt', text: 'reject callback' },
  compositeReplyCallback: { letter: 'CRy', text: 'composite reply callback' },
  compositeRejectCallback: { letter: 'CRt', text: 'composite reject callback' },
  cleanup: { letter: 'C', text: 'cleanup' },
  compositeCleanup: { letter: 'CC', text: 'composite cleanup' },
  inspectMessage: { letter: 'F', text: 'inspect message' },
  systemTask: { letter: 'T', text: 'system task' }
} as const;

export type ContextName = keyof typeof CONTEXTS;

/** Contexts whose changes are part of the replicated state. */
export function isReplicated(context: ContextName): boolean {
  return ![
    'query',
    'transform',
    'compositeQuery',
    'compositeReplyCallback',
    'compositeRejectCallback',
    'compositeCleanup',
    'inspectMessage'
  ].includes(context);
}
