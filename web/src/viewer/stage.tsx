import '@google/model-viewer'
import {
  Box,
  Fullscreen,
  Minus,
  Moon,
  Plus,
  RefreshCw,
  RotateCcw,
  RotateCw,
  Sun,
} from 'lucide-react'
import { createElement, type ReactNode, useEffect, useRef, useState } from 'react'
import { useShortcut } from '../keys'
import { useSay } from '../say'
import { join } from '../ui/join'
import { orbitBy, type ModelViewer, resetCamera, setWireframe, zoomBy } from './model-viewer'

interface Props {
  source: string
  poster: string | undefined
  alt: string
  /** There is no picture any more: the context was lost, or the file could not be read. */
  onLost: () => void
}

/** A model to turn, by mouse, touch, arrows or the buttons below it. */
export function Stage({ source, poster, alt, onLost }: Props) {
  const say = useSay()
  const box = useRef<HTMLDivElement>(null)
  const [viewer, setViewer] = useState<ModelViewer | null>(null)
  const [wired, setWired] = useState<boolean>()
  const [dark, setDark] = useState(() => document.documentElement.dataset.theme === 'dark')

  useEffect(() => {
    if (!viewer) return
    viewer.addEventListener('error', onLost)
    return () => viewer.removeEventListener('error', onLost)
  }, [viewer, onLost])

  const wire = () => {
    if (viewer) setWired(setWireframe(viewer, !wired) ? !wired : undefined)
  }
  const reset = () => viewer && resetCamera(viewer)
  const group = say.task.viewer.controls
  useShortcut({ id: 'viewer.wireframe', keys: 'w', label: say.task.viewer.wireframe, group }, wire)
  useShortcut({ id: 'viewer.reset', keys: '0', label: say.task.viewer.reset, group }, () => reset())

  return (
    <div
      ref={box}
      className={join('absolute inset-0 flex flex-col', dark ? 'bg-[#141310]' : 'bg-[#eeebe3]')}
    >
      {createElement('model-viewer', {
        ref: setViewer,
        src: source,
        poster,
        alt,
        'camera-controls': '',
        'touch-action': 'pan-y',
        'interaction-prompt': 'none',
        'shadow-intensity': '0.6',
        'environment-image': 'neutral',
        class: 'block min-h-0 w-full grow',
      })}
      <div
        role="toolbar"
        aria-label={say.task.viewer.controls}
        className="flex shrink-0 flex-wrap justify-center gap-1 bg-panel p-1"
      >
        <Tool label={say.task.viewer.left} onPress={() => viewer && orbitBy(viewer, -1)}>
          <RotateCcw {...icon} />
        </Tool>
        <Tool label={say.task.viewer.right} onPress={() => viewer && orbitBy(viewer, 1)}>
          <RotateCw {...icon} />
        </Tool>
        <Tool label={say.task.viewer.zoomIn} onPress={() => viewer && zoomBy(viewer, 0.8)}>
          <Plus {...icon} />
        </Tool>
        <Tool label={say.task.viewer.zoomOut} onPress={() => viewer && zoomBy(viewer, 1.25)}>
          <Minus {...icon} />
        </Tool>
        <Tool label={say.task.viewer.reset} onPress={reset}>
          <RefreshCw {...icon} />
        </Tool>
        <Tool label={say.task.viewer.wireframe} pressed={wired ?? false} onPress={wire}>
          <Box {...icon} />
        </Tool>
        <Tool
          label={dark ? say.task.viewer.lightStage : say.task.viewer.darkStage}
          onPress={() => setDark(!dark)}
        >
          {dark ? <Sun {...icon} /> : <Moon {...icon} />}
        </Tool>
        {document.fullscreenEnabled && (
          <Tool label={say.task.viewer.fullScreen} onPress={() => toggleFullScreen(box.current)}>
            <Fullscreen {...icon} />
          </Tool>
        )}
      </div>
    </div>
  )
}

const icon = { size: 18, strokeWidth: 1.5, 'aria-hidden': true } as const

interface ToolProps {
  label: string
  pressed?: boolean
  onPress: () => void
  children: ReactNode
}

function Tool({ label, pressed, onPress, children }: ToolProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onPress}
      className={join(
        'inline-flex size-9 items-center justify-center rounded-control hover:bg-sunk hover:text-ink',
        pressed ? 'bg-sunk text-bole' : 'text-ink-2',
      )}
    >
      {children}
    </button>
  )
}

function toggleFullScreen(element: HTMLElement | null): void {
  if (document.fullscreenElement) void document.exitFullscreen()
  else void element?.requestFullscreen()
}
