/** Where things are made: the form, the price on the button, the slots. */
export const workspace = { title: 'Workspace' }
