/** What this browser had chosen when the page began: what differs later was chosen in the page, also
 * where that was before anybody looked. */

import { shortcutSettings } from '../keys'
import { preferredLanguage } from '../say'
import { motion } from './motion'
import { theme } from './theme'

export const atFirst = {
  theme: theme(),
  language: preferredLanguage(),
  motion: motion(),
  shortcuts: shortcutSettings(),
}
