interface Props {
  size?: number
  /** Something of yours is under way: the field fills. */
  working?: boolean
}

/** A panel's outline with a field of ground; what the brush has not reached is left bare. */
export function Mark({ size = 26, working = false }: Props) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      aria-hidden
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
    >
      <rect x="1" y="1" width="22" height="22" rx="3" />
      <path
        stroke="none"
        fill="currentColor"
        d={
          working
            ? 'M4.5 4.5h15v15h-15z'
            : 'M4.5 4.5h15v9.2c-1 1.4-1.8.3-2.7.7-1 .5-1.2 2.6-2.4 2.3-1.1-.3-1-2-2.1-2-1.2 0-1.4 3.6-2.8 3.4-1.2-.2-.9-2.4-2-2.6-1-.2-1.6 1-3 .4z'
        }
      />
    </svg>
  )
}
