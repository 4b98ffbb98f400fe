/** How a language writes times, numbers, sizes and credits. */

import { format, type Micro } from '../money'

export interface Formats {
  /** 14:02 */
  time: (at: Date | string) => string
  /** 22 Nov 2026 */
  date: (at: Date | string) => string
  /** 22 Nov, 14:02 */
  dateTime: (at: Date | string) => string
  /** 14:02 today, with the day otherwise. */
  moment: (at: Date | string) => string
  /** 3 minutes ago, in 2 hours. */
  relative: (at: Date | string, now?: Date) => string
  /** 14 s, 2 min, 1 h 5 min. */
  duration: (seconds: number) => string
  number: (value: number) => string
  /** 0.6 as 60%. */
  percent: (share: number) => string
  /** 4.1 MB */
  size: (bytes: number) => string
  credits: (amount: Micro | string, form?: { digits?: 0 | 2; signed?: boolean }) => string
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
const SYMBOLS = { second: 's', minute: 'min', hour: 'h' } as const
const made = new Map<string, Formats>()

/** The formats of a language; made once. */
export function formatsOf(language: string): Formats {
  const known = made.get(language)
  if (known) return known
  const formats = make(language === 'en' ? englishHere() : language)
  made.set(language, formats)
  return formats
}

/** English as the reader's system has it: 22 Nov or Nov 22. */
function englishHere(): string {
  const mine = navigator.languages.find((each) => each.startsWith('en-'))
  return mine ?? 'en-GB'
}

function make(locale: string): Formats {
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
  const both = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const since = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const count = new Intl.NumberFormat(locale)
  const share = new Intl.NumberFormat(locale, { style: 'percent' })
  const unit = (of: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: of,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    })

  // Intl's English is "14 secs" or "14s"; the symbols of ISO 80000 are read at a glance.
  const span = (of: keyof typeof SYMBOLS, value: number) =>
    locale.startsWith('en') ? `${count.format(value)} ${SYMBOLS[of]}` : unit(of).format(value)

  const formats: Formats = {
    time: (at) => clock.format(new Date(at)),
    date: (at) => day.format(new Date(at)),
    dateTime: (at) => both.format(new Date(at)),
    moment: (at) => (isToday(new Date(at)) ? formats.time(at) : formats.dateTime(at)),
    relative: (at, now = new Date()) => {
      const seconds = (new Date(at).getTime() - now.getTime()) / 1000
      for (const [of, length] of STEPS)
        if (Math.abs(seconds) >= length) return since.format(Math.round(seconds / length), of)
      return since.format(Math.round(seconds), 'second')
    },
    duration: (seconds) => {
      const whole = Math.max(0, Math.round(seconds))
      if (whole < 60) return span('second', whole)
      const minutes = Math.round(whole / 60)
      if (minutes < 60) return span('minute', minutes)
      const told = span('hour', Math.floor(minutes / 60))
      return minutes % 60 ? `${told} ${span('minute', minutes % 60)}` : told
    },
    number: (value) => count.format(value),
    percent: (value) => share.format(value),
    size: (bytes) => {
      const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3))
      return unit(SIZES[step]!, step > 1 ? 1 : 0).format(bytes / 1000 ** step)
    },
    credits: (amount, form) => format(amount, { ...form, language: locale }),
  }
  return formats
}

function isToday(at: Date): boolean {
  return at.toDateString() === new Date().toDateString()
}
