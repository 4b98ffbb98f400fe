/** For how long a key is good, as one chooses it and as the API takes it. */

export const EXPIRIES = ['30', '90', '365', 'never'] as const
export type Expiry = (typeof EXPIRIES)[number]

/** The instant at which such a key ends, or `never`. */
export function endOf(expiry: Expiry, now = Date.now()): string {
  if (expiry === 'never') return 'never'
  return new Date(now + Number(expiry) * 86_400_000).toISOString()
}

/** Addresses and networks, one a line or between commas. */
export function networksOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}
