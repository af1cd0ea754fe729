# The Keyward service. Node 24 is the newest Node line that the tests run on, supported until April 2028. Read
# docs/operations/deployment.md before you run it. Dependabot keeps the digests up to date.

FROM node:24-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS build
WORKDIR /keyward
COPY package.json package-lock.json .npmrc ./
COPY service/package.json ./service/
COPY stubs/scarf/package.json ./stubs/scarf/
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts/openapi-plugin.cjs ./scripts/
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS dependencies
WORKDIR /keyward
COPY package.json package-lock.json .npmrc ./
COPY service/package.json ./service/
COPY stubs/scarf/package.json ./stubs/scarf/
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20
WORKDIR /keyward
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY --from=dependencies /keyward/node_modules ./node_modules
COPY --from=build /keyward/dist ./dist
COPY package.json LICENSE ./
COPY deploy/healthcheck.mjs ./deploy/

# The process writes no files, here or elsewhere. The files belong to root. The process runs as the image's user "node",
# given by number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 CMD ["node", "deploy/healthcheck.mjs"]

# Runs without a shell or npm in between, so that SIGTERM reaches the process that shuts down.
CMD ["node", "dist/main.js"]
