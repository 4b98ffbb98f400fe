import { useEffect } from 'react'
import { tellOtherTabs } from '../api/session'
import { useDoorSay } from '../say'
import { Button } from '../ui/button'

/** Signed in beside another page, which goes on; this one closes itself where the browser lets it. */
export function Done() {
  const say = useDoorSay()
  useEffect(() => {
    tellOtherTabs('in')
    globalThis.close()
  }, [])
  return (
    <div className="mt-2 grid justify-items-start gap-4 text-ink-2">
      <p>{say.signin.doneBeside}</p>
      <Button onClick={() => globalThis.close()}>{say.signin.closeTab}</Button>
    </div>
  )
}
