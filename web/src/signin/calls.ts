/** Coming in: each call asks for the session in cookies. */

import { askForCode, logIn, verifyCode, verifyLink } from '../api/calls'
import type { Language } from '../say'
import { type Sent, sentOf } from './sent'

const IN_COOKIES = { 'Gesso-Cookies': '1' }
const SPOKEN: Record<Language, string> = { en: 'en', zh: 'zh-Hans, zh;q=0.9' }

/** The tongue in which letters of ours should come, as a header. */
export function spoken(language: Language): { 'Accept-Language': string } {
  return { 'Accept-Language': SPOKEN[language] }
}

/** Have a letter sent; the answer is the same for every address. */
export async function ask(channel: string, email: string, language: Language): Promise<Sent> {
  const { data } = await askForCode({ body: { channel, email }, headers: spoken(language) })
  return sentOf(email, data)
}

export async function enterByCode(challengeId: string, code: string): Promise<void> {
  await verifyCode({ body: { challenge_id: challengeId, code }, headers: IN_COOKIES })
}

export async function enterByLink(token: string): Promise<void> {
  await verifyLink({ body: { token }, headers: IN_COOKIES })
}

export async function enterByPassword(
  channel: string,
  email: string,
  password: string,
): Promise<void> {
  await logIn({ body: { channel, email, password }, headers: IN_COOKIES })
}
