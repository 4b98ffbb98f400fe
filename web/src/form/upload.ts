import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { asProblem, newKey, Problem } from '../api'
import { listAssetsQueryKey } from '../api/queries'
import { upload } from '../api/upload'
import { useSay } from '../say'
import { useAnnounce } from '../ui/announce'
import type { AssetKind } from './schema'

/** What a file dialog offers for each kind. */
export const ACCEPTED: Record<AssetKind, string> = {
  image: 'image/png,image/jpeg,image/webp,image/gif',
  video: 'video/mp4,video/webm',
  model: '.glb,model/gltf-binary',
}

export interface Uploading {
  /** The file that is coming, and how much of it is there, from 0 to 1. */
  coming: { name: string; share: number } | undefined
  problem: Problem | undefined
  take: (file: File) => void
  /** The same file once more; what came whole before is not taken in twice. */
  again: (() => void) | undefined
  cancel: () => void
}

/** Sends in a file of one kind, and tells its id once it is there. */
export function useUpload(accepts: AssetKind, onUploaded: (id: string) => void): Uploading {
  const say = useSay()
  const announce = useAnnounce()
  const client = useQueryClient()
  const [share, setShare] = useState(0)
  const under = useRef<AbortController>(undefined)
  useEffect(() => () => under.current?.abort(), [])

  const sending = useMutation({
    mutationFn: async ({ file, key }: { file: File; key: string }) => {
      under.current?.abort()
      const { signal } = (under.current = new AbortController())
      setShare(0)
      const asset = await upload(file, { key, signal, onProgress: setShare })
      if (asset.kind !== accepts)
        throw new Problem({
          status: 422,
          code: 'wrong_asset_kind',
          detail: say.upload.wrong[accepts],
        })
      return asset
    },
    onSuccess: (asset, { file }) => {
      void client.invalidateQueries({ queryKey: listAssetsQueryKey() })
      announce(say.upload.done(file.name))
      onUploaded(asset.id)
    },
  })
  const wasStopped = sending.error instanceof DOMException
  const sent = sending.variables
  return {
    coming: sending.isPending && sent ? { name: sent.file.name, share } : undefined,
    problem: sending.error && !wasStopped ? asProblem(sending.error) : undefined,
    take: (file) => sending.mutate({ file, key: newKey() }),
    again: sent && (() => sending.mutate(sent)),
    cancel: () => under.current?.abort(),
  }
}
