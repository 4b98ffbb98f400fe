import { useQueryClient } from '@tanstack/react-query'
import { logOut } from '../api/calls'
import { tellOtherTabs } from '../api/session'
import { stopLive } from '../live'

/** Leave: end the session, then begin anew at the start, here and in every other tab. */
export function useSignOut(): () => Promise<void> {
  const queryClient = useQueryClient()
  return async () => {
    await logOut()
    stopLive()
    tellOtherTabs('out')
    queryClient.clear()
    globalThis.location.assign('/')
  }
}
