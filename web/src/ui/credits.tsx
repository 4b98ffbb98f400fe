import { useFormats } from '../say'

interface Props {
  amount: bigint | string
  digits?: 0 | 2
  signed?: boolean
  className?: string
}

/** An amount of credits, exact, in figures of one width. */
export function Credits({ amount, digits, signed, className }: Props) {
  const { credits } = useFormats()
  const form = { ...(digits !== undefined && { digits }), ...(signed !== undefined && { signed }) }
  return <span className={`figures ${className ?? ''}`}>{credits(amount, form)}</span>
}
