import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { asProblem } from '../api'
import { exportAccount } from '../api/calls'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Checkbox } from '../ui/checkbox'
import { saveFile } from '../ui/save-file'
import { Failure } from '../ui/states'
import { Section } from './section'

/** Everything that is kept of whoever asks, as a zip. */
export function ExportAccount() {
  const say = useSay()
  const [files, setFiles] = useState(false)
  const make = useMutation({
    mutationFn: async () => {
      const { data } = await exportAccount({ query: { files }, parseAs: 'blob' })
      saveFile(data, 'gesso-export.zip')
    },
  })
  const isRunning = make.isError && asProblem(make.error).code === 'export_running'
  return (
    <Section title={say.settings.exportTitle} lead={say.settings.exportLead}>
      <div className="grid justify-items-start gap-4">
        <Checkbox label={say.settings.exportFiles} checked={files} onChange={setFiles} />
        <Button busy={make.isPending} onClick={() => make.mutate()}>
          <Download size={18} strokeWidth={1.5} aria-hidden />
          {make.isPending ? say.settings.exportMaking : say.settings.exportDo}
        </Button>
        {isRunning && <p role="alert">{say.settings.exportRunning}</p>}
        {make.isError && !isRunning && <Failure error={make.error} />}
      </div>
    </Section>
  )
}
