import type { Catalogue } from '..'

export const upload: Catalogue['upload'] = {
  upload: '上传',
  hint: '从您的文件中选择，或将本机文件拖放到此处。',
  cancel: '取消',
  looking: '已全部收到，正在检查',
  progressOf: (name) => `正在上传 ${name}`,
  done: (name) => `${name} 已上传。`,
  failed: '文件未被接受。',
  wrong: { image: '这里需要图片。', video: '这里需要视频。', model: '这里需要模型。' },
  uploaded: (at) => `上传于 ${at}`,
  made: (at) => `生成于 ${at}`,
}
