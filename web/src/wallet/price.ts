/** Prices in a currency's smallest unit, as people write them. */

/** 1900 of EUR as €19.00; 1900 of JPY as ¥1,900. */
export function priceOf(units: number, currency: string, language: string): string {
  const money = new Intl.NumberFormat(language, {
    style: 'currency',
    currency: currency.toUpperCase(),
  })
  const digits = money.resolvedOptions().maximumFractionDigits ?? 2
  return money.format(units / 10 ** digits)
}
