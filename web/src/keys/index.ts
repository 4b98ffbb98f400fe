/**
 * Keyboard shortcuts: declared where they act, listed under `?`, changed in the settings.
 *
 * Keys are written as they are pressed: `r`, `Shift+x`, `Mod+Enter` (⌘ on a Mac, Ctrl elsewhere),
 * `g w` for one after the other. None acts inside a field unless it holds Mod; the topmost, latest
 * declared one wins.
 */

export { KeyMap, openKeyMap } from './map'
export { KeyNames } from './names'
export { everyShortcut } from './seen'
export { setShortcuts, shortcutSettings, useShortcutSettings } from './settings'
export { keysOf, useShortcut, useShortcuts, written, type Shortcut } from './shortcut'
