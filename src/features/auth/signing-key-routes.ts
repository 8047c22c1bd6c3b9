// Rotating the signing keys over HTTP; what `zerg keys rotate-signing` asks.

import { parseShape } from '#lib/shape.ts'
import { answerSecret } from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { documented } from '#transport/http/docs/documented.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import type { Auth } from './index.ts'
import { RotatedSigningKey, SigningKeyRotation } from './model.ts'
import { AUTH } from './policy.ts'

const rotations: Record<'usual' | 'leaked', SigningKeyRotation> = {
  usual: {},
  leaked: { at_once: true },
}

const aRotated: RotatedSigningKey = {
  id: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  signs_from: '2026-11-24T10:36:00.000Z',
}

const rotateSigningKeys = documented({
  id: 'rotateSigningKeys',
  rule: AUTH.rotateSigningKeys,
  tag: 'auth',
  needs: 'database',
  limit: 'expensive',
  summary: 'Rotate the signing keys',
  description:
    'Makes the key that signs next. It is published for some minutes first, so that whoever verifies tokens knows it by then; the one before verifies until its last token has expired. Asked again meanwhile, it answers the key that waits already. `at_once` is for a key that somebody else has: every access token ends, and everybody has to refresh.',
  body: { shape: SigningKeyRotation, examples: rotations },
  answers: {
    200: {
      description: 'The next key, and when it begins to sign.',
      shape: RotatedSigningKey,
      example: aRotated,
      headers: ['Cache-Control'],
    },
  },
  errors: ['forbidden'],
})

export const signingKeyRoutes = ({ auth }: { auth: Pick<Auth, 'rotateSigning'> }) =>
  createRoutes('signing-keys').post(
    '/auth/signing-keys/rotate',
    async ({ request }) => {
      readNoQuery(request)
      const { at_once: atOnce } = parseShape(SigningKeyRotation, await readJson(request))
      const rotated = await auth.rotateSigning(callOf(request), atOnce ? { atOnce } : {})
      return answerSecret(request, rotated)
    },
    { detail: rotateSigningKeys },
  )
