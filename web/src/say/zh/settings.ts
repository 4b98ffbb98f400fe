import type { Catalogue } from '..'

export const settings: Catalogue['settings'] = {
  title: '设置',
  profile: '个人资料',
  keys: 'API 密钥',
  sessions: '登录会话',
  appearance: '外观',
  shortcuts: '快捷键',
}
