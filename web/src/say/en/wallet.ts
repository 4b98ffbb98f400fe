/** Credits: what there is, what is held, where it went. */
export const wallet = { title: 'Wallet' }
