/** The ways in. */
export const signin = { title: 'Sign in' }
