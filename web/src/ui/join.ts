/** Class names in one string; what is false, null or undefined falls out. */
export function join(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ')
}
