/** Everything that was made. */
export const history = { title: 'History' }
