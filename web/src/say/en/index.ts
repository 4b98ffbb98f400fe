import { console } from './console'
import { errors } from './errors'
import { history } from './history'
import { settings } from './settings'
import { shell } from './shell'
import { signin } from './signin'
import { task } from './task'
import { upload } from './upload'
import { wallet } from './wallet'
import { workspace } from './workspace'

export const en = {
  console,
  errors,
  history,
  settings,
  shell,
  signin,
  task,
  upload,
  wallet,
  workspace,
}
