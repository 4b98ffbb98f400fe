/** The pages of one's own account. */
export const settings = {
  title: 'Settings',
  profile: 'Profile',
  keys: 'API keys',
  sessions: 'Sessions',
  appearance: 'Appearance',
  shortcuts: 'Shortcuts',
}
