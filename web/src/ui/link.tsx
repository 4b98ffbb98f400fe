import { createLink } from '@tanstack/react-router'
import { type ComponentProps } from 'react'
import { buttonStyle, type Look } from './button'
import { join } from './join'

function Anchor({ className, children, ...rest }: ComponentProps<'a'>) {
  const style = 'underline decoration-edge underline-offset-3 hover:decoration-ink'
  return (
    <a {...rest} className={join(style, className)}>
      {children}
    </a>
  )
}

function ButtonAnchor({
  look,
  className,
  children,
  ...rest
}: ComponentProps<'a'> & { look?: Look }) {
  return (
    <a {...rest} className={buttonStyle(look, className)}>
      {children}
    </a>
  )
}

function PlainAnchor({ children, ...rest }: ComponentProps<'a'>) {
  return <a {...rest}>{children}</a>
}

/** A link within text, to a page of ours. */
export const Link = createLink(Anchor)

/** A link that looks like a button. */
export const ButtonLink = createLink(ButtonAnchor)

/** A link without a look of its own, for rows and pictures. */
export const BareLink = createLink(PlainAnchor)
