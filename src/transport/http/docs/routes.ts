// The API's document and its pages, from inside the executable. Nothing of them is made before it is
// first asked for.

import { Type } from '@sinclair/typebox'
import { AppError } from '#lib/errors.ts'
import { answerFile } from '../answers.ts'
import { OPEN } from '../access.ts'
import { createRoutes } from '../routes.ts'
import { type AssetName, assetUrl, findAsset } from './assets.ts'
import type { OpenApiDocument } from './document.ts'
import { documented, undocumented } from './documented.ts'
import { answerHtml } from './page.ts'

type Given = {
  /** Called once, when the document is first asked for: by then every route is there. */
  document: () => OpenApiDocument
}

/** `/openapi.json`, `/docs` (Scalar), `/docs/swagger`, `/docs/redoc` and their files. */
export function docsRoutes({ document }: Given) {
  let kept: { bytes: Uint8Array<ArrayBuffer>; etag: string } | undefined

  return createRoutes('docs', '')
    .get(
      '/openapi.json',
      async ({ request }) => {
        const { bytes, etag } = (kept ??= bytesOf(document()))
        return answerFile(request, bytes, { type: 'application/json', etag })
      },
      { detail: ownDocumentation },
    )
    .get('/docs', async ({ request }) => await answerReference(request, SCALAR), {
      detail: undocumented({ rule: OPEN }),
    })
    .get('/docs/swagger', async ({ request }) => await answerReference(request, SWAGGER), {
      detail: undocumented({ rule: OPEN }),
    })
    .get('/docs/redoc', async ({ request }) => await answerReference(request, REDOC), {
      detail: undocumented({ rule: OPEN }),
    })
    .get(
      '/docs/assets/:file',
      async ({ request, params }) => await answerAsset(request, params.file),
      {
        detail: undocumented({ rule: OPEN }),
      },
    )
}

type Reference = {
  title: string
  styles?: readonly AssetName[]
  scripts: readonly AssetName[]
  makesStyles: boolean
}

const SCALAR: Reference = {
  title: 'Zerg API',
  scripts: ['strict', 'scalar', 'start-scalar'],
  makesStyles: true,
}

const SWAGGER: Reference = {
  title: 'Zerg API (Swagger UI)',
  styles: ['swagger-style'],
  scripts: ['swagger', 'start-swagger'],
  makesStyles: false,
}

const REDOC: Reference = {
  title: 'Zerg API (Redoc)',
  scripts: ['strict', 'redoc', 'start-redoc'],
  makesStyles: true,
}

async function answerReference(request: Request, reference: Reference): Promise<Response> {
  const { title, styles = [], scripts, makesStyles } = reference
  return answerHtml(request, {
    title,
    makesStyles,
    style: 'body{margin:0}',
    styles: await Promise.all(styles.map(assetUrl)),
    scripts: await Promise.all(scripts.map(assetUrl)),
    body: '<div id="reference"></div>\n<noscript>This page needs JavaScript; <a href="/openapi.json">the document itself</a> does not.</noscript>',
  })
}

async function answerAsset(request: Request, fileName: string): Promise<Response> {
  const asset = await findAsset(fileName)
  if (!asset) throw new AppError('route_not_found', 'No page loads a file of this name.')
  return answerFile(request, asset.file, {
    type: asset.type,
    etag: asset.etag,
    cacheControl: 'public, max-age=31536000, immutable',
  })
}

function bytesOf(document: OpenApiDocument) {
  const bytes = new TextEncoder().encode(JSON.stringify(document))
  return { bytes, etag: `"${Bun.hash(bytes).toString(36)}"` }
}

const ownDocumentation = documented({
  id: 'getDocument',
  tag: 'document',
  rule: OPEN,
  summary: 'Read this document',
  description:
    'The OpenAPI document of this API. `/docs`, `/docs/swagger` and `/docs/redoc` show it.',
  answers: {
    200: {
      description: 'The document.',
      shape: Type.Object(
        { openapi: Type.String({ description: 'The version of OpenAPI.' }) },
        { description: 'An OpenAPI 3.1 document.', additionalProperties: true },
      ),
      example: { openapi: '3.1.1', info: { title: 'Zerg', version: '0.1.0' }, paths: {} },
      headers: ['ETag', 'Cache-Control'],
    },
  },
})
