import type { Catalogue } from '..'

export const history: Catalogue['history'] = { title: '历史' }
