/** The one place that knows how model-viewer works inside; its version is pinned for that. */

/** What we use of its element. */
export interface ModelViewer extends HTMLElement {
  loaded: boolean
  cameraOrbit: string
  cameraTarget: string
  fieldOfView: string
  getCameraOrbit: () => { theta: number; phi: number; radius: number }
  resetTurntableRotation: () => void
}

interface Material {
  wireframe?: boolean
}

interface Node3D {
  material?: Material | Material[]
}

interface Scene {
  traverse: (visit: (node: Node3D) => void) => void
  queueRender: () => void
}

const TURN = Math.PI / 6

/** Turn around the model, a twelfth of a circle a step. */
export function orbitBy(viewer: ModelViewer, steps: number): void {
  const { theta, phi, radius } = viewer.getCameraOrbit()
  viewer.cameraOrbit = `${theta + steps * TURN}rad ${phi}rad ${radius}m`
}

/** Go closer (below 1) or away. */
export function zoomBy(viewer: ModelViewer, factor: number): void {
  const { theta, phi, radius } = viewer.getCameraOrbit()
  viewer.cameraOrbit = `${theta}rad ${phi}rad ${radius * factor}m`
}

/** Look as at the beginning. */
export function resetCamera(viewer: ModelViewer): void {
  viewer.cameraTarget = 'auto auto auto'
  viewer.fieldOfView = 'auto'
  // The same text twice would change nothing.
  viewer.cameraOrbit = ''
  viewer.cameraOrbit = '0deg 75deg 105%'
  viewer.resetTurntableRotation()
}

/** Show edges alone; false where its scene cannot be reached. It offers no such thing by itself. */
export function setWireframe(viewer: ModelViewer, wireframe: boolean): boolean {
  const scene = sceneOf(viewer)
  if (!scene) return false
  scene.traverse((node) => {
    const materials = node.material ? [node.material].flat() : []
    for (const material of materials) if ('wireframe' in material) material.wireframe = wireframe
  })
  scene.queueRender()
  return true
}

function sceneOf(viewer: ModelViewer): Scene | undefined {
  for (let at: object | null = viewer; at; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertySymbols(at).find((each) => each.description === 'scene')
    if (found) return (viewer as unknown as Record<symbol, Scene | undefined>)[found]
  }
  return undefined
}
