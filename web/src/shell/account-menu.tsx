import { useNavigate } from '@tanstack/react-router'
import type { Me } from '../api/types'
import { openKeyMap } from '../keys'
import { LANGUAGES, useDoorSay, useLanguage } from '../say'
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from '../ui/menu'
import { isOperator } from './session'
import { useSignOut } from './sign-out'
import { useTheme } from './theme'

/** What concerns oneself: settings, theme, language, leaving. */
export function AccountMenu({ me }: { me: Me }) {
  const say = useDoorSay()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const [theme, setTheme] = useTheme()
  const [language, speak] = useLanguage()
  const name = me.email
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`${say.shell.account}: ${name}`}
          className="inline-flex size-10 items-center justify-center rounded-full border border-edge bg-panel font-semibold uppercase"
        >
          {name.slice(0, 1)}
        </button>
      }
    >
      <MenuLabel>{name}</MenuLabel>
      <MenuItem onSelect={() => void navigate({ to: '/settings' })}>{say.shell.settings}</MenuItem>
      {isOperator(me) && (
        <MenuItem onSelect={() => void navigate({ to: '/admin/queues' })}>
          {say.shell.console}
        </MenuItem>
      )}
      <MenuItem onSelect={openKeyMap}>{say.shell.shortcuts}</MenuItem>
      <MenuLine />
      <MenuChoices
        label={say.shell.theme}
        value={theme}
        onChoose={setTheme}
        options={[
          { value: 'system', label: say.shell.themeSystem },
          { value: 'light', label: say.shell.themeLight },
          { value: 'dark', label: say.shell.themeDark },
        ]}
      />
      <MenuLine />
      <MenuChoices
        label={say.shell.language}
        value={language}
        onChoose={speak}
        options={LANGUAGES.map(({ code, name: label }) => ({ value: code, label }))}
      />
      <MenuLine />
      <MenuItem onSelect={() => void signOut()}>{say.shell.signOut}</MenuItem>
    </Menu>
  )
}
