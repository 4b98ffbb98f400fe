import { createFileRoute, Outlet } from '@tanstack/react-router'
import { useSay } from '../../say'
import { Rail } from '../../shell/rail'

export const Route = createFileRoute('/_app/settings')({
  staticData: { title: (say) => say.settings?.title },
  component: Settings,
})

function Settings() {
  const say = useSay()
  const names = ['profile', 'keys', 'sessions', 'appearance', 'shortcuts'] as const
  const entries = names.map((name) => ({ to: `/settings/${name}`, label: say.settings[name] }))
  return (
    <Rail label={say.settings.title} entries={entries}>
      <Outlet />
    </Rail>
  )
}
