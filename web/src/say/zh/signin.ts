import type { Catalogue } from '..'

export const signin: Catalogue['signin'] = { title: '登录' }
