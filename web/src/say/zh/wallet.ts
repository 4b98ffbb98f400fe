import type { Catalogue } from '..'

export const wallet: Catalogue['wallet'] = { title: '钱包' }
