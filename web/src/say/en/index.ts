import { console } from './console'
import { door } from './door'
import { history } from './history'
import { settings } from './settings'
import { task } from './task'
import { upload } from './upload'
import { wallet } from './wallet'
import { workspace } from './workspace'

export const en = { ...door, console, history, settings, task, upload, wallet, workspace }
