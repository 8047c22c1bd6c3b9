// One difference between two API documents.

export type Change = { breaks: boolean; text: string }

export type Tell = (breaks: boolean, text: string) => void
