/** What a button beside the words does. */
export type Remedy = 'open-tab' | 'copy-invite' | 'reload' | 'rejoin' | 'start-over' | 'open-bare';
