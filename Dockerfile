# Shelfwire as `npm start` runs it. Build: docker build -t shelfwire .    Run: see docs/install.md, "In a container".
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: there is nothing to build yet.
RUN npm ci --ignore-scripts
COPY . .
# Node-RED is a tool of development to the published package, but what runs here: in the version that the lock names.
RUN node scripts/build.mjs \
  && npm pkg set "dependencies.node-red=$(npm pkg get devDependencies.node-red | tr -d '\"')" \
  && npm pkg delete devDependencies.node-red \
  && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=1880 SHELFWIRE_MQTT_HOST=0.0.0.0 SHELFWIRE_DATA=/data
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json /app/settings.js /app/LICENSE /app/THIRD-PARTY-NOTICES ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
COPY --from=build --chown=root:root /app/flows ./flows
COPY --from=build --chown=root:root /app/examples ./examples
COPY --from=build --chown=root:root /app/icons ./icons
COPY --from=build --chown=root:root /app/resources ./resources
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 1880 1883
STOPSIGNAL SIGTERM
# 200 once every receiver, the broker and the ledger are up.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, so that it gets the stop signal.
CMD ["node", "--max-semi-space-size=16", "--max-old-space-size=2048", "--heap-growing-percent=100", "node_modules/node-red/red.js", "--settings", "settings.js"]
