import { jsonSchemaTransform } from "fastify-type-provider-zod";

type Transform = typeof jsonSchemaTransform;

/**
 * Puts into the OpenAPI document what each route demands: `x-needs` (a permission or `log-in`; absent where it is open),
 * `x-or-from-this-box`, and `x-websocket` where it is a socket. A test calls every one of them by it.
 */
export const describeRoute = ((input: Parameters<Transform>[0]) => {
  const { schema, url } = jsonSchemaTransform(input);
  const { config = {} } = input.route;
  const isSocket = "wsHandler" in input.route || config["websocket" as keyof typeof config] === true;
  const described = {
    ...schema,
    ...(config.open ? { security: [] } : {}),
    ...(config.needs ? { "x-needs": config.needs } : {}),
    ...(config.orFromThisBox ? { "x-or-from-this-box": true } : {}),
    ...(isSocket ? { "x-websocket": true } : {}),
  };
  return { schema: described, url };
}) as Transform;
