import type { Catalogue } from '..'

export const errors: Catalogue['errors'] = {
  byCode: {
    unreachable: '目前无法连接服务器。',
    page_failed: '此页面出了问题。',
    no_problem_told: '服务器没有给出可理解的回答。',
    internal: '服务器出了问题。',
    unauthenticated: '您已不在登录状态。',
    missing_scope: '您的账户无权进行此操作。',
    forbidden: '您的账户无权进行此操作。',
    forged_request: '服务器无法确认此请求来自本页面。请重新加载后再试。',
    not_found: '这里什么也没有，或不属于您。',
    insufficient_credits: '积分不足。',
    spend_limit_reached: '将超出消费上限。',
    rate_limited: '操作过于频繁。',
    unavailable: '服务器正忙。',
  },
  retryIn: (seconds) => `请在 ${seconds} 秒后重试。`,
  moneyNone: '没有扣除任何积分。',
  moneyCharged: (amount) => `已扣除 ${amount} 积分。`,
  moneyReleased: (amount) => `已退回 ${amount} 积分。`,
  moneyHeld: (amount) => `仍冻结 ${amount} 积分。`,
  couldNotLoad: '无法加载。',
}
