import { createFileRoute } from '@tanstack/react-router'
import { LANGUAGES, useLanguage, useSay } from '../../../say'
import { Section } from '../../../settings/section'
import { useMotion } from '../../../shell/motion'
import { useTheme } from '../../../shell/theme'
import { Choice } from '../../../ui/choice'
import { Page } from '../../../ui/page'

export const Route = createFileRoute('/_app/settings/appearance')({
  staticData: { title: (say) => say.settings?.appearance },
  component: Appearance,
})

/** How bright, in which language, how lively. */
function Appearance() {
  const say = useSay()
  const [theme, setTheme] = useTheme()
  const [language, speak] = useLanguage()
  const [motion, setMotion] = useMotion()
  return (
    <Page title={say.settings.appearance}>
      <div>
        <Section title={say.shell.theme} lead={say.settings.themeHint}>
          <Choice
            bare
            label={say.shell.theme}
            value={theme}
            onChoose={setTheme}
            options={[
              { value: 'system', label: say.shell.themeSystem },
              { value: 'light', label: say.shell.themeLight },
              { value: 'dark', label: say.shell.themeDark },
            ]}
          />
        </Section>
        <Section title={say.shell.language} lead={say.settings.languageHint}>
          <Choice
            bare
            label={say.shell.language}
            value={language}
            onChoose={speak}
            options={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
          />
        </Section>
        <Section title={say.settings.motion} lead={say.settings.motionHint}>
          <Choice
            bare
            label={say.settings.motion}
            value={motion}
            onChoose={setMotion}
            options={[
              { value: 'system', label: say.settings.motionSystem },
              { value: 'reduced', label: say.settings.motionReduced },
            ]}
          />
        </Section>
      </div>
      <p className="border-t border-line pt-4 text-label text-ink-3">{say.settings.follows}</p>
    </Page>
  )
}
