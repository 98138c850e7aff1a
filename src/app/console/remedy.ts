/** The action of a button in the banner. */
export type Remedy = 'open-tab' | 'copy-invite' | 'reload' | 'rejoin' | 'start-over' | 'open-bare';
