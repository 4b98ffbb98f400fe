/** Credits, exactly: the API's decimal strings as whole micro-credits, never as floats. */

export type Micro = bigint

const MICRO = 1_000_000n
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,6}))?$/

/** The micro-credits of a decimal string; RangeError where it is none. */
export function parse(text: string): Micro {
  const found = AMOUNT.exec(text)
  if (!found) throw new RangeError(`no amount of credits: ${text}`)
  const [, sign, whole, fraction = ''] = found
  const amount = BigInt(whole!) * MICRO + BigInt(fraction.padEnd(6, '0'))
  return sign ? -amount : amount
}

/** The decimal string that the API takes, without zeros that say nothing. */
export function text(amount: Micro): string {
  const [sign, whole, fraction] = parts(amount)
  const shown = fraction.replace(/0+$/, '')
  return `${sign ? '-' : ''}${whole}${shown && `.${shown}`}`
}

interface Form {
  /** Digits behind the point at least; whole numbers may go without. Two unless told. */
  digits?: 0 | 2
  /** Whether more than nought carries a plus. */
  signed?: boolean
  /** The language whose separators are used. */
  language?: string
}

/** An amount for people: separators of their language, two digits at least, a true minus. */
export function format(given: Micro | string, form: Form = {}): string {
  const amount = typeof given === 'string' ? parse(given) : given
  const { digits = 2, signed = false, language = 'en' } = form
  const [negative, whole, fraction] = parts(amount)
  const grouped = new Intl.NumberFormat(language).format(BigInt(whole))
  const significant = fraction.replace(/0+$/, '')
  const shown = significant || digits ? significant.padEnd(2, '0') : ''
  const sign = negative ? '\u2212' : signed && amount > 0n ? '+' : ''
  return `${sign}${grouped}${shown && pointOf(language) + shown}`
}

/** The sum of decimal strings. */
export function sum(amounts: Iterable<string>): Micro {
  let total = 0n
  for (const each of amounts) total += parse(each)
  return total
}

function parts(amount: Micro): [negative: boolean, whole: string, fraction: string] {
  const size = amount < 0n ? -amount : amount
  return [amount < 0n, String(size / MICRO), String(size % MICRO).padStart(6, '0')]
}

function pointOf(language: string): string {
  const pieces = new Intl.NumberFormat(language).formatToParts(1.5)
  return pieces.find((piece) => piece.type === 'decimal')?.value ?? '.'
}
