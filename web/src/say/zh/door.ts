import type { Door } from '..'
import { errors } from './errors'
import { shell } from './shell'
import { signin } from './signin'

export const door: Door = { errors, shell, signin }
