import { useState } from 'react'
import type { ThumbOut } from '../api/types'
import { join } from '../ui/join'

interface Props {
  thumb: ThumbOut
  alt: string
  className?: string
}

/** A small picture in the colour that it will have; where there is none, unpainted ground. */
export function Picture({ thumb, alt, className }: Props) {
  const [isGone, setGone] = useState(false)
  const box = join('block shrink-0 rounded-picture object-cover', className)
  if (!thumb.url || isGone)
    return <span role="img" aria-label={alt} className={join(box, 'tooth')} />
  return (
    <img
      src={thumb.url}
      alt={alt}
      decoding="async"
      onError={() => setGone(true)}
      className={box}
      style={{ backgroundColor: thumb.mean_color ?? undefined }}
    />
  )
}
