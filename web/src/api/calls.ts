export * from './generated/sdk.gen'
