// Serves scimmy, an independent SCIM implementation with ways of its own, on a free loopback port under /scim; the first
// line printed is its base URL. Any bearer token will do.

const { createRequire } = require("node:module");
const { randomUUID } = require("node:crypto");

const modules = createRequire(`${process.env.SCIMUX_TEST_NODE}/`);
const express = modules("express");
const SCIMMY = modules("scimmy");
const { default: SCIMMYRouters } = modules("scimmy-routers");
const { User, Group } = SCIMMY.Resources;

function declare(Resource) {
  const stored = new Map();
  const missing = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
  SCIMMY.Resources.declare(Resource)
    .ingress((resource, data) => {
      if (resource.id && !stored.has(resource.id)) throw missing(resource.id);
      const now = new Date().toISOString();
      const id = resource.id ?? randomUUID();
      const created = stored.get(id)?.meta.created ?? now;
      const written = { ...data, id, meta: { created, lastModified: now } };
      stored.set(id, written);
      return written;
    })
    .egress((resource) => {
      if (!resource.id) return [...stored.values()];
      if (!stored.has(resource.id)) throw missing(resource.id);
      return stored.get(resource.id);
    })
    .degress((resource) => {
      if (!stored.delete(resource.id)) throw missing(resource.id);
    });
}

User.extend(SCIMMY.Schemas.EnterpriseUser, false);
declare(User);
declare(Group);

const authenticated = (request) => {
  if (!request.header("Authorization")?.startsWith("Bearer ")) throw new Error("no token");
  return "";
};
const app = express();
app.use("/scim", new SCIMMYRouters({ type: "bearer", handler: authenticated }));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/scim`));
