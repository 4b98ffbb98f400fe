import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { exportCsv } from '../api/calls'
import { useSay } from '../say'
import { Button } from '../ui/button'
import { Failure } from '../ui/states'
import { type Filters, queryOf } from './filters'
import { saveFile } from '../ui/save-file'

/** The whole statement as it is filtered, as a file. */
export function CsvButton({ filters }: { filters: Filters }) {
  const say = useSay()
  const make = useMutation({
    mutationFn: async () => {
      const { data } = await exportCsv({ query: queryOf(filters), parseAs: 'blob' })
      saveFile(data as Blob, 'statement.csv')
    },
  })
  return (
    <div className="grid justify-items-end gap-2">
      <Button busy={make.isPending} onClick={() => make.mutate()}>
        <Download size={18} strokeWidth={1.5} aria-hidden />
        {make.isPending ? say.wallet.csvMaking : say.wallet.csv}
      </Button>
      {make.isError && <Failure error={make.error} onRetry={() => make.mutate()} />}
    </div>
  )
}
