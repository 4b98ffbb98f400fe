/** Files that one sends in. */
export const upload = {
  upload: 'Upload',
  hint: 'One of yours, or a file from this device: drop it here.',
  cancel: 'Cancel',
  looking: 'all there, being looked through',
  progressOf: (name: string) => `Upload of ${name}`,
  done: (name: string) => `${name} is uploaded.`,
  failed: 'The file was not taken.',
  wrong: {
    image: 'This has to be an image.',
    video: 'This has to be a video.',
    model: 'This has to be a model.',
  },
  uploaded: (at: string) => `Uploaded ${at}`,
  made: (at: string) => `Made ${at}`,
}
