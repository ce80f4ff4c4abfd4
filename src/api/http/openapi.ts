/** The interface as an OpenAPI 3.1 document, made from the schemas that validate. */
import { z } from 'zod'
import { problemSchema, PROBLEM_TYPE } from './problem.ts'
import type { ApiRoute } from './route.ts'

type Json = Readonly<Record<string, unknown>>

export const BASE = '/api/v1'

export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringfence',
      version,
      description:
        'Everything that the console and the commands do. People sign in with a second factor and send their cookie with X-CSRF-Token; programs send an API key. Lists are pages: follow `next`. GET answers carry an ETag, which If-Match compares before a change. A POST with an Idempotency-Key is done once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: BASE }],
    tags: [...new Set(routes.map(route => route.tag))].map(name => ({ name })),
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-ringfence' },
        key: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
    },
  }
}

function operationOf(route: ApiRoute): Json {
  const { method, path, summary, tag, access, stepUp, body, status, response } = route
  const id = `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/[/.-](\w)/g, (_, letter: string) => letter.toUpperCase())}`
  const content =
    response === undefined ? {} : { content: { 'application/json': { schema: jsonSchema(response, 'output') } } }
  const problem = {
    description: 'Refused',
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  return {
    operationId: id,
    summary,
    tags: [tag],
    'x-permission': access,
    'x-step-up': stepUp,
    security: access === 'public' ? [] : access === 'session' ? [{ session: [] }] : [{ session: [] }, { key: [] }],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } }),
    responses: { [String(status)]: { description: 'Done', ...content }, default: problem },
  }
}

function parametersOf(schema: z.ZodObject | undefined, where: 'path' | 'query'): readonly Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: each,
  }))
}

export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Json
  return rest
}
