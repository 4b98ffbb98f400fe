import type { Catalogue } from '..'

export const workspace: Catalogue['workspace'] = { title: '工作区' }
