import { errors } from './errors'
import { shell } from './shell'
import { signin } from './signin'

/** What stands around every page, and what is said before anybody is in. */
export const door = { errors, shell, signin }
